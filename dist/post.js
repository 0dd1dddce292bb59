import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
import {
  __callDispose,
  __using,
  connect,
  createWorkspace,
  endMarked,
  findService,
  fingerprint,
  imageOf,
  inParallel,
  isAlive,
  isJob,
  isThere,
  leftWorkspaces,
  log,
  markOf,
  mayRepeat,
  messageOf,
  readInputs,
  readReach,
  readState,
  releaseLeft,
  remove,
  removeWorkspace,
  retry,
  savedByMain,
  speakForAll,
  stepIdentity,
  stopMain,
  timeLimit
} from "./chunk.js";

// src/modes/aftermath.ts
function standingOf(state, now) {
  if (state.phase === "moving") return "moving";
  if (now === void 0) return state.before === "" ? "as-before" : "gone";
  const spec = fingerprint(now.Spec);
  if (spec === state.before) return "as-before";
  if (!state.ours.includes(spec)) return "someone-elses";
  if (state.before === "") return "made";
  if (isJob(now.Spec)) return "job";
  const remembers = now.PreviousSpec !== void 0 && fingerprint(now.PreviousSpec) === state.before;
  if (!remembers) return "ours-for-good";
  return spec === state.interim ? "half-way" : "ours";
}
function settle({ services, onCancel }, { engine }, signal) {
  return inParallel([...services.values()], MOST_AT_ONCE, async (state) => {
    try {
      return `${state.name} ${await settleOne(state, onCancel, engine, signal)}`;
    } catch (error) {
      return unknownOne(state, messageOf(error));
    }
  });
}
var MOST_AT_ONCE = 10;
var PAUSE_MS = 500;
async function settleOne(state, onCancel, engine, signal) {
  const attempt = async () => {
    const now = await findService(engine, encodeURIComponent(state.service), signal);
    const standing = standingOf(state, now);
    const goesBack = standing === "half-way" || onCancel === "rollback" && ["ours", "made"].includes(standing);
    if (now === void 0 || !goesBack) return WORDS[standing];
    if (standing === "made") {
      await remove(engine, `/services/${now.ID}`, signal);
      return "is removed again";
    }
    const query = { version: String(now.Version.Index), rollback: "previous" };
    await engine.post(`/services/${now.ID}/update`, { query, body: now.Spec, signal });
    return `is sent back to ${imageOf({ ...now, Spec: now.PreviousSpec ?? now.Spec })}; nobody waits for it`;
  };
  return retry(attempt, (error) => mayRepeat(error) ? PAUSE_MS : void 0, signal);
}
var WORDS = {
  "as-before": "is as it was before the run",
  ours: "has what was sent, and the swarm goes on with it by itself",
  "half-way": "has a spec that was only meant for the way",
  "ours-for-good": "has what was sent, and the swarm no longer remembers what ran before: deploy that to go back",
  made: "was made, and stays",
  job: "is a job, and its new spec stays: a way back would run the old one again",
  moving: "was giving its traffic to another service: the next deploy goes on from there",
  gone: "was removed by someone else",
  "someone-elses": "is neither as before nor as this run sent it, and is left alone"
};
function unknown({ services }, reason) {
  return [...services.values()].map((state) => unknownOne(state, reason));
}
function unknownOne({ name, phase }, reason) {
  return `${name} ${UNKNOWN[phase]} (it was not looked at: ${reason})`;
}
var UNKNOWN = {
  sending: "was being sent, and it is not known whether the swarm took it",
  sent: "was sent, and the swarm goes on with it by itself",
  moving: WORDS.moving
};

// src/modes/clean-up.ts
var LIMIT_MS = 9e4;
var CONNECT_LIMIT_MS = 45e3;
var AGAIN_MS = 2e3;
var MOST_SERVICES_TOLD = 20;
async function cleanUp() {
  await cleanUpAfterMain().catch((error) => log.warning(`Not cleaned up: ${messageOf(error)}`));
}
async function cleanUpAfterMain() {
  const killed = [];
  const locks = /* @__PURE__ */ new Set([savedByMain("lock") ?? ""]);
  for (const leftover of await leftovers()) {
    const state = await endRun(leftover);
    if (state === "ended-by-itself") locks.delete(savedByMain("lock") ?? "");
    else if (state !== void 0) killed.push(state);
  }
  for (const { lock } of killed) locks.add(lock);
  locks.delete("");
  if (killed.length === 0 && locks.size === 0) return;
  if (locks.size === 0 && killed.every(({ services }) => services.size === 0)) return killed.forEach(tellUnchanged);
  try {
    await onTheSwarm((connection, signal) => settleAll(killed, locks, connection, signal));
  } catch (error) {
    for (const state of killed) tell(state, unknown(state, messageOf(error)));
    if (locks.size > 0) {
      log.warning(`The lock of this step was not released, and expires by itself: ${messageOf(error)}`);
    }
  }
}
async function leftovers() {
  const saved = savedByMain("workspace");
  if (saved !== void 0) {
    try {
      return await isThere(saved) ? [{ directory: saved, state: await readState(saved) }] : [];
    } catch (error) {
      log.warning(`Not cleaned up: ${messageOf(error)}`);
      return [];
    }
  }
  const step = stepIdentity(process.env);
  if (step === "") return [];
  const all = await Promise.all(
    (await leftWorkspaces()).map(async (directory) => ({ directory, state: await readState(directory) }))
  );
  const ours = all.filter(({ state }) => state?.step === step);
  return ours.length === 1 ? ours : ours.filter(({ state }) => state !== void 0 && !isAlive(state));
}
async function endRun({ directory, state }) {
  const wasAlive = state !== void 0 && isAlive(state);
  if (wasAlive) log.info("The run of this step is still under way: it is stopped");
  const stopped = wasAlive && await stopMain(state);
  const ended = await endMarked(markOf(directory));
  if (ended > 0) log.info(`Ended what the run had started and left: ${ended} ${ended === 1 ? "process" : "processes"}`);
  const last = await readState(directory) ?? state;
  try {
    if (stopped && !await isThere(directory)) {
      const names = [...state.services.keys()].join(", ");
      const underWay = names === "" ? "" : `; under way were: ${names}`;
      log.warning(
        `The run was still under way ${where(state)}, and has ended in good order when it was stopped${underWay}`
      );
      return "ended-by-itself";
    }
    await removeWorkspace(directory);
  } catch (error) {
    log.warning(`Not cleaned up: ${messageOf(error)}`);
  }
  return last;
}
async function onTheSwarm(work) {
  var _stack = [];
  try {
    const signal = timeLimit(LIMIT_MS);
    const reach = readReach(process.env);
    learnSecrets();
    const open = __using(_stack, await retry(
      () => connected((workspace) => connect({ reach }, workspace, process.env, signal)),
      (_error2, { elapsedMs }) => elapsedMs < CONNECT_LIMIT_MS ? AGAIN_MS : void 0,
      signal
    ), true);
    await work(open.connection, signal);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function connected(connectIn) {
  const workspace = await createWorkspace();
  try {
    const connection = await connectIn(workspace);
    return {
      connection,
      async [Symbol.asyncDispose]() {
        connection[Symbol.dispose]();
        await workspace[Symbol.asyncDispose]();
      }
    };
  } catch (error) {
    await workspace[Symbol.asyncDispose]();
    throw error;
  }
}
function learnSecrets() {
  try {
    readInputs(process.env, {});
  } catch {
  }
}
async function settleAll(killed, locks, connection, signal) {
  for (const state of killed) {
    if (state.services.size === 0) tellUnchanged(state);
    else tell(state, await settle(state, connection, signal));
  }
  for (const token of locks) await releaseLeft(token, connection);
  if (locks.size > 0) log.info("The lock that the stopped run held is released");
}
function tellUnchanged(state) {
  log.warning(`The run was cut off ${where(state)}: no service was changed`);
}
function tell(state, lines) {
  const shown = lines.slice(0, MOST_SERVICES_TOLD);
  const rest = lines.length - shown.length;
  const more = rest > 0 ? [`and ${rest} more`] : [];
  log.warning([`The run was cut off ${where(state)}, before it could report:`, ...shown, ...more].join("\n"));
}
function where({ stage }) {
  return stage === "" ? "before its first stage" : `in the stage “${stage}”`;
}

// src/post.ts
speakForAll((error) => log.warning(`Not all was cleaned up: ${messageOf(error)}`));
await cleanUp();
