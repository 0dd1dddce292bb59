import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
import {
  __callDispose,
  __using,
  connect,
  createWorkspace,
  lockOfMain,
  log,
  messageOf,
  readReach,
  releaseLeft,
  removeWorkspace,
  speakForAll,
  timeLimit,
  workspaceOfMain
} from "./chunk.js";

// src/cleanup.ts
var UNLOCK_LIMIT_MS = 6e4;
async function cleanUp() {
  const directory = workspaceOfMain();
  if (directory !== void 0) {
    await removeWorkspace(directory).catch((error) => log.warning(`Not cleaned up: ${messageOf(error)}`));
  }
  const token = lockOfMain();
  if (token !== void 0) {
    await unlock(token).catch(
      (error) => log.warning(`The lock of this step was not released, and expires by itself: ${messageOf(error)}`)
    );
  }
}
async function unlock(token) {
  var _stack = [];
  try {
    const workspace = __using(_stack, await createWorkspace(), true);
    const reach = readReach(process.env);
    const connection = __using(_stack, await connect({ reach }, workspace, process.env, timeLimit(UNLOCK_LIMIT_MS)));
    await releaseLeft(token, connection);
    log.info("The lock that the stopped run held is released");
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/post.ts
speakForAll();
await cleanUp();
