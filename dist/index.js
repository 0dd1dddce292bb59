import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
import {
  Cancelled,
  CutOff,
  EngineError,
  GIVE_UP_AFTER_STOP_MS,
  LINE_END,
  RECORD_LABEL,
  RunTime,
  SOURCE_LABEL,
  Secret,
  TimedOut,
  TooLate,
  Underway,
  UserError,
  UserErrors,
  __callDispose,
  __using,
  addSummary,
  adviceInside,
  allowedNodes,
  basePath,
  canonicalName,
  changeViolations,
  changedParts,
  commandOf,
  connect,
  constraintProblem,
  contentOf,
  createWorkspace,
  difference,
  eligibleNodes,
  endsForGood,
  entriesOf,
  entryAt,
  environmentForCommands,
  familiar,
  filledIn,
  findService,
  fingerprint,
  foreignLine,
  groupBy,
  hasPlatform,
  hasPort,
  helperFor,
  hide,
  hideUserInfo,
  imageOf,
  inParallel,
  isAnswerLost,
  isFailure,
  isGlobal,
  isJob,
  isNothing,
  isolatedConfigFile,
  labelsOf,
  lifetimeOf,
  limited,
  log,
  mapAt,
  mapValues,
  messageOf,
  modeName,
  nameProblem,
  namedPorts,
  note,
  nowMs,
  objectNameProblem,
  openState,
  overlay,
  parseDuration,
  parseGoJson,
  parseReference,
  pathMatches,
  platformProblem,
  policyAdvice,
  policySettings,
  poll,
  portInTheWay,
  portName,
  portsOf,
  printable,
  readInputs,
  redact,
  registryKey,
  remove,
  reportLog,
  retry,
  rulesDocker,
  runProgram,
  sameSpec,
  secondsSince,
  setOutput,
  shortened,
  shown,
  sleep,
  speakForAll,
  specViolations,
  stage,
  storedCredential,
  takeLock,
  tellCallError,
  text,
  throwAll,
  timeLimit,
  toGoJson,
  toTenths,
  toYaml,
  tooLong,
  unknownFlags,
  updateSpec,
  wantedTasks,
  withCommand,
  withDifference,
  withDigest,
  withEntries,
  withPlatforms,
  withRulingVariables,
  withStoredOrder,
  withTagDefault,
  withoutUserInfo
} from "./chunk.js";

// src/docker/specs/stack-objects.ts
function isLeftover({ Scope: scope, Containers: containers, Peers: peers }) {
  return scope === "swarm" && (containers !== void 0 || peers !== void 0);
}
var NAMESPACE_LABEL = "com.docker.stack.namespace";
function placeholder(kind, name) {
  return kind === "network" ? name : `new-${kind}-${name}`;
}
function unusedIds(ids, services) {
  const used = new Set(services.flatMap(({ Spec, PreviousSpec }) => [Spec, PreviousSpec].flatMap(referredIds)));
  return ids.filter((id) => !used.has(id));
}
function referredIds(spec) {
  const template = spec?.TaskTemplate;
  const container = template?.ContainerSpec;
  const credential = container?.Privileges?.CredentialSpec?.Config;
  return [
    ...(container?.Secrets ?? []).map(({ SecretID }) => SecretID),
    ...(container?.Configs ?? []).map(({ ConfigID }) => ConfigID),
    ...(template?.Networks ?? []).map(({ Target }) => Target),
    ...(spec?.Networks ?? []).map(({ Target }) => Target),
    ...credential ? [credential] : []
  ];
}
function withIds(spec, ids) {
  const { TaskTemplate: template } = spec;
  const container = template.ContainerSpec;
  const to = (id) => ids.get(id) ?? { id };
  const credential = container?.Privileges?.CredentialSpec;
  return {
    ...spec,
    TaskTemplate: {
      ...template,
      ...template.Networks && { Networks: template.Networks.map((one) => ({ ...one, Target: to(one.Target).id })) },
      ...container && {
        ContainerSpec: {
          ...container,
          ...container.Secrets && {
            Secrets: container.Secrets.map((one) => {
              const { id: SecretID, name: SecretName = one.SecretName } = to(one.SecretID);
              return { ...one, SecretID, SecretName };
            })
          },
          ...container.Configs && {
            Configs: container.Configs.map((one) => {
              const { id: ConfigID, name: ConfigName = one.ConfigName } = to(one.ConfigID);
              return { ...one, ConfigID, ConfigName };
            })
          },
          ...credential?.Config && {
            Privileges: {
              ...container.Privileges,
              CredentialSpec: { ...credential, Config: to(credential.Config).id }
            }
          }
        }
      }
    }
  };
}

// src/docker/specs/credential-spec.ts
function credentialSpecOf(spec) {
  return spec.TaskTemplate.ContainerSpec?.Privileges?.CredentialSpec ?? void 0;
}
function credentialSpecProblems(source, spec, content, nodes) {
  const given = ["Config", "File", "Registry"].filter((key) => source[key]);
  const problems = [
    given.length === 1 ? void 0 : `it names ${given.length === 0 ? "no source" : given.map((key) => key.toLowerCase()).join(" and ")}: write exactly one of config, file and registry`,
    source.Config ? contentProblem(content) : void 0,
    source.File ? fileProblem(source.File) : void 0,
    source.Registry ? registryProblem(source.Registry) : void 0,
    nodeProblem(spec, nodes)
  ];
  return problems.flatMap((problem) => problem === void 0 ? [] : [`its credential spec cannot work: ${problem}`]);
}
var JOIN_FIELDS = ["Sid", "MachineAccountName", "Guid", "DnsTreeName", "DnsName", "NetBiosName"];
function contentProblem(content) {
  const advice = "write the JSON that the PowerShell command New-CredentialSpec makes";
  if (content === void 0) return "the swarm config that it names does not exist: make it first, or correct the name";
  const root = parseObject(content);
  if (root === void 0) return `the config is no JSON object: ${advice}`;
  const plugins = root.CmsPlugins;
  if (!Array.isArray(plugins) || !plugins.includes("ActiveDirectory")) {
    return `the config's CmsPlugins do not list ActiveDirectory: ${advice}`;
  }
  const join4 = asObject(root.DomainJoinConfig);
  const missing = JOIN_FIELDS.filter((field) => typeof join4?.[field] !== "string" || join4[field] === "");
  if (missing.length > 0) return `the config's DomainJoinConfig lacks ${missing.join(", ")}: ${advice}`;
  const accounts = asObject(root.ActiveDirectoryConfig)?.GroupManagedServiceAccounts;
  if (!Array.isArray(accounts) || accounts.length === 0 || !accounts.every((one) => asObject(one)?.Name)) {
    return `the config's ActiveDirectoryConfig names no GroupManagedServiceAccounts: ${advice}`;
  }
  return void 0;
}
function parseObject(text3) {
  try {
    return asObject(JSON.parse(text3.replace(/^\uFEFF/, "")));
  } catch {
    return void 0;
  }
}
function asObject(value) {
  const isObject2 = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject2 ? value : void 0;
}
function fileProblem(file) {
  const isAbsolute2 = /^(?:[\\/]|[a-z]:)/i.test(file);
  const escapes = file.split(/[\\/]/).includes("..");
  if (!isAbsolute2 && !escapes) return void 0;
  return `the file ${file} lies outside of the CredentialSpecs directory of Docker on the node: write a path relative to that directory`;
}
function registryProblem(name) {
  return /[\\/]/.test(name) ? `${name} is no name of a value in the registry of Windows: write the name alone, without a path` : void 0;
}
function nodeProblem(spec, nodes) {
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement);
  const others = eligible.filter((node) => node.Description.Platform.OS !== "windows");
  if (eligible.length === others.length) {
    return "no Windows node that is ready and active may run the service: only Windows has group-managed service accounts";
  }
  if (others.length === 0) return void 0;
  return "nodes without Windows may run the service too: add the placement constraint node.platform.os == windows";
}

// src/docker/swarm/task.ts
function isWanted(task) {
  return task.DesiredState === "running" || task.DesiredState === "complete";
}
function isRunning(task) {
  return task.Status.State === "running" && isWanted(task);
}
function isUnplaced(task) {
  return task.Status.State === "pending" && isWanted(task) && (task.Status.Err ?? "") !== "";
}
function isUnallocated(task) {
  return task.Status.State === "new" && (isWanted(task) || task.DesiredState === "ready");
}
var BEFORE_A_NODE = ["new", "allocated", "pending"];
function isOnItsWayToANode(task) {
  const isMeant = isWanted(task) || task.DesiredState === "ready";
  return isMeant && BEFORE_A_NODE.includes(task.Status.State) && !isUnplaced(task);
}
function isFailure2(task) {
  return task.Status.State === "failed" || task.Status.State === "rejected";
}
function mayHaveContainer(task) {
  const isEnding = !isWanted(task) && task.DesiredState !== "ready";
  return isLive(task) && !(isEnding && BEFORE_A_NODE.includes(task.Status.State));
}
function isLive(task) {
  return !isFailure2(task) && !["complete", "shutdown", "remove", "orphaned"].includes(task.Status.State);
}
function slotOf(spec, task) {
  return isGlobal(spec) ? `node ${task.NodeID ?? task.ID}` : `slot ${task.Slot ?? 0}`;
}
function currentTasks(service, tasks) {
  if (!isJob(service.Spec)) return tasks;
  const iteration = service.JobStatus?.JobIteration.Index ?? 0;
  return tasks.filter((task) => (task.JobIteration?.Index ?? 0) === iteration);
}
function hasEnded(spec, task) {
  return isFailure2(task) || task.Status.State === "complete" && !endsForGood(spec);
}
function bySlot(spec, tasks) {
  return groupBy(tasks, (task) => slotOf(spec, task));
}
function slotsThatCount(spec, tasks, nodes) {
  const ids = new Set(nodes.map((node) => node.ID));
  return bySlot(spec, isGlobal(spec) ? tasks.filter((task) => ids.has(task.NodeID ?? "")) : tasks);
}
function newest(tasks) {
  return [...tasks].sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt))[0];
}
function ending(task) {
  const { State: state, ContainerStatus: container } = task.Status;
  const error = task.Status.Err && limited(task.Status.Err);
  if (state === "rejected") return `was rejected: ${error ?? "no reason given"}`;
  if (isUnhealthy(task)) return "failed its health check";
  const code2 = container?.ExitCode;
  const withCode = code2 === void 0 ? "" : ` with exit code ${code2}`;
  const detail = error === void 0 || error === "" || /^task: non-zero exit \(\d+\)$/.test(error) ? "" : `: ${error}`;
  return state === "complete" ? `ended${withCode}` : `failed${withCode}${detail}`;
}
function isUnhealthy({ Status: { Err: error = "" } }) {
  return /\bunhealthy container$/.test(error);
}

// src/docker/swarm/start-first.ts
function startFirstNote(wanted, nodes) {
  if (!isStartFirst(wanted)) return void 0;
  const limits = nodesFor(wanted, nodes).map((node) => limitOf(wanted, wanted, node, 0));
  const most = limits.map(({ room }) => room);
  const isFull = isGlobal(wanted) ? most.some((room) => room < 2) : sum(most) <= (wantedTasks(wanted) ?? 0);
  return isFull && limits.length > 0 ? because(limits.filter(({ room }) => room !== Number.POSITIVE_INFINITY)) : void 0;
}
function startFirstProblem(current, wanted, nodes, tasks) {
  if (!isStartFirst(wanted)) return void 0;
  const old = tasks.filter((task) => isLive(task) && ["ready", "running"].includes(task.DesiredState));
  if (old.length === 0 || wantedTasks(wanted) === 0) return void 0;
  const limits = nodesFor(wanted, nodes).map((node) => {
    const there = old.filter(({ NodeID: id }) => id === node.ID).length;
    return { ...limitOf(current, wanted, node, there), there };
  });
  if (isGlobal(wanted)) {
    const full = limits.filter(({ room, there }) => room < 1 && there > 0);
    return full.length > 0 ? because(full) : void 0;
  }
  const leaving = old.length - (wantedTasks(wanted) ?? 0);
  return limits.length > 0 && sum(limits.map(({ room }) => room)) + leaving < 1 ? because(limits) : void 0;
}
function isStartFirst(spec) {
  return spec.UpdateConfig?.Order === "start-first" && !isJob(spec);
}
function nodesFor({ TaskTemplate: { Placement: placement } }, nodes) {
  return eligibleNodes(nodes, placement).filter((node) => hasPlatform(node, placement?.Platforms));
}
function limitOf(current, wanted, node, there) {
  const limits = [
    portLimit(current, wanted, there),
    ...replicasLimit(wanted, there),
    ...reservationLimits(current, wanted, node, there)
  ];
  return limits.sort((a, b) => a.room - b.room)[0] ?? ANY;
}
var ANY = { room: Number.POSITIVE_INFINITY, by: "" };
function portLimit(current, wanted, there) {
  const old = hostPorts(current).map(portName2);
  const taken = hostPorts(wanted).find((port) => old.includes(portName2(port)));
  if (taken !== void 0) return { room: Math.max(0, 1 - there), by: `the host-mode port ${portName2(taken)}` };
  return ANY;
}
function hostPorts({ EndpointSpec: endpoint }) {
  const isFixed = ({ PublishMode: mode, PublishedPort: port = 0 }) => mode === "host" && port !== 0;
  return (endpoint?.Ports ?? []).filter(isFixed);
}
function portName2({ PublishedPort: port, Protocol: protocol = "tcp" }) {
  return `${port}/${protocol}`;
}
function replicasLimit(wanted, there) {
  const most = wanted.TaskTemplate.Placement?.MaxReplicas ?? 0;
  return most === 0 || isGlobal(wanted) ? [] : [{ room: Math.max(0, most - there), by: `max-replicas-per-node ${most}` }];
}
function reservationLimits(current, wanted, node, there) {
  const has2 = amounts(node.Description.Resources);
  const old = amounts(current.TaskTemplate.Resources?.Reservations);
  return Object.entries(amounts(wanted.TaskTemplate.Resources?.Reservations)).flatMap(([what, asked]) => {
    if (asked === 0) return [];
    const left = (has2[what] ?? 0) - there * (old[what] ?? 0);
    return [{ room: Math.max(0, Math.floor(left / asked)), by: `its reservation of ${what}` }];
  });
}
function amounts(resources = {}) {
  const { NanoCPUs: cpus = 0, MemoryBytes: memory = 0, GenericResources: generic = [] } = resources;
  const all = { CPUs: cpus, memory };
  for (const { DiscreteResourceSpec: discrete, NamedResourceSpec: named } of generic) {
    const kind = discrete?.Kind ?? named?.Kind ?? "";
    all[kind] = (all[kind] ?? 0) + (discrete?.Value ?? 1);
  }
  return all;
}
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
function because(limits) {
  const reasons = [...new Set(limits.map(({ by }) => by).filter((by) => by !== ""))];
  return `no node that may take a new task has room for it beside the old one (${reasons.join(", ")})`;
}

// src/stack/stack.ts
async function knownObjects(engine, signal) {
  const [secret, config, networks, ...predefined] = await Promise.all([
    engine.get("/secrets", { signal }),
    engine.get("/configs", { signal }),
    swarmNetworks(engine, signal),
    ...PREDEFINED_NETWORKS.map((name) => predefinedNetwork(engine, name, signal))
  ]);
  return { secret, config, networks: [...networks.filter((one) => !isLeftover(one)), ...predefined.flat()] };
}
async function swarmNetworks(engine, signal) {
  const networks = await listNetworks(engine, signal);
  const isBlind = networks.some(isLeftover) && !networks.some((one) => one.Scope === "swarm" && !isLeftover(one));
  if (!isBlind) return networks;
  await engine.get("/configs", { signal });
  return listNetworks(engine, signal);
}
function listNetworks(engine, signal) {
  return engine.get("/networks", { signal });
}
var PREDEFINED_NETWORKS = ["host", "bridge"];
async function predefinedNetwork(engine, name, signal) {
  try {
    const network = await engine.get(`/networks/${name}`, { query: { scope: "swarm" }, signal });
    return network.Scope === "swarm" ? [network] : [];
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
function configContent({ objects, known: known2 }, id) {
  const existing = known2.config.find(({ ID }) => ID === id)?.Spec.Data;
  if (existing !== void 0) return Buffer.from(existing, "base64").toString();
  return objects.find(({ kind, name }) => kind === "config" && placeholder("config", name) === id)?.content.toString();
}
function scoped({ name }, key) {
  return `${name}_${key}`;
}
function isOfStack({ name }, labels) {
  return labels?.[NAMESPACE_LABEL] === name;
}

// src/docker/cli/commands.ts
function apartFromVariables(flags) {
  const variables = flags.map((flag) => variableOf(flag));
  return {
    words: flags.flatMap(({ words }, index) => variables[index] === void 0 ? words : []),
    env: Object.fromEntries(variables.filter((variable) => variable !== void 0))
  };
}
function variableOf({ name: flag, value = "" }) {
  const at = value.indexOf("=");
  if (!(flag === "--env" || flag === "--env-add") || at < 1) return void 0;
  return [value.slice(0, at), value.slice(at + 1)];
}
function serviceUpdate(change2) {
  const variables = environmentFlags("--env-add", change2.env);
  const image = change2.image === void 0 ? [] : ["--image", familiar(change2.image)];
  return {
    args: [...head("update", change2), ...image, ...scale(change2), ...variables.args, ...change2.flags, change2.name],
    env: variables.env
  };
}
function serviceCreate(change2) {
  const variables = environmentFlags("--env", change2.env);
  const image = change2.image === void 0 ? [] : [familiar(change2.image)];
  return {
    args: [
      ...head("create", change2),
      "--name",
      change2.name,
      ...scale(change2),
      ...variables.args,
      ...change2.flags,
      ...image
    ],
    env: variables.env
  };
}
function stackDeploy({ name, directory, first, others, cwd, env, knowsDetach }) {
  const detach = knowsDetach ? ["--detach=true"] : [];
  const files = ["-", ...others].flatMap((path) => ["--compose-file", path]);
  return {
    args: ["--config", directory, "stack", "deploy", "--resolve-image=never", ...detach, ...files, name],
    env,
    stdin: first,
    cwd
  };
}
function policyFlags(policies) {
  return policySettings(policies).map(({ flag, value }) => `${flag}=${value}`);
}
function head(verb, { directory }) {
  return ["--config", directory, "service", verb, "--no-resolve-image", "--detach", "--quiet"];
}
function scale({ replicas }) {
  return replicas === void 0 ? [] : ["--replicas", String(replicas)];
}
function environmentFlags(flag, env) {
  const entries = Object.entries(env).filter(([name]) => !rulesDocker(name));
  return { args: entries.flatMap(([name]) => [flag, name]), env: Object.fromEntries(entries) };
}

// src/docker/cli/stand-in.ts
import { once } from "node:events";
import { createServer } from "node:http";
import { text as text2 } from "node:stream/consumers";
var LIMIT_SECONDS = 180;
async function runAgainst(answer, command, docker, engine, socketPath, signal) {
  const server = createServer((request, response) => {
    respond(request, response, engine, answer).catch((error) => response.destroy(error));
  });
  server.listen(socketPath);
  await once(server, "listening");
  try {
    const { args, env, stdin = "", cwd } = command;
    const here = { DOCKER_HOST: `unix://${socketPath}`, DOCKER_TLS: "", DOCKER_TLS_VERIFY: "" };
    const options = { env: { ...env, ...here }, stdin, signal, limitSeconds: LIMIT_SECONDS };
    return await docker.run(args, cwd === void 0 ? options : { ...options, cwd });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
async function respond(request, response, engine, answer) {
  const { method = "GET", url = "/" } = request;
  const { pathname, searchParams: query } = new URL(url, "http://docker");
  const path = decodeURIComponent(pathname.replace(/^\/v[\d.]+(?=\/)/, ""));
  const body = method === "POST" ? bodyOf(await text2(request)) : void 0;
  const reply = answer({ method, path, query, body });
  if (reply !== void 0) return sendJson(response, reply);
  if (method !== "GET" && method !== "HEAD") {
    request.resume();
    return sendJson(response, { status: 501, body: { message: `${method} ${url} is not rehearsed` } });
  }
  const { status, headers, body: bytes } = await engine.forward({ method, path: url });
  const { connection: _, "transfer-encoding": __, ...passed } = headers;
  response.writeHead(status, passed);
  response.end(bytes);
}
function bodyOf(sent) {
  return sent.trim() === "" ? void 0 : parseGoJson(sent);
}
function sendJson(response, { status, body }) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(toGoJson(body));
}
function complaint({ code: code2, stdout, stderr }) {
  const lines = (stderr.trim() || stdout.trim()).split(/\r?\n/);
  const telling = lines.filter((line) => line.trim() !== "" && !/^(See '|Usage:|Run ')/.test(line.trim()));
  return limited(telling.join(" ").replace(/^Error response from daemon: /, "")) || `exit code ${code2}`;
}

// src/docker/cli/rehearsal.ts
var CHANGES_SERVICE = /^\/services\/(create|[^/]+\/update)$/;
async function rehearse(command, docker, engine, socketPath, signal, service) {
  const caught = [];
  const answer = ({ method, path, body }) => {
    if (method === "POST" && CHANGES_SERVICE.test(path)) {
      caught.push(body);
      return { status: 200, body: { ID: "rehearsal" } };
    }
    if (method !== "GET") return void 0;
    if (path === "/services") return { status: 200, body: service === void 0 ? [] : [service] };
    const isAskedFor = service !== void 0 && path === `/services/${service.Spec.Name}`;
    return isAskedFor ? { status: 200, body: service } : void 0;
  };
  const result = await runAgainst(answer, command, docker, engine, socketPath, signal);
  const [spec] = caught;
  if (result.code !== 0) return { refusal: complaint(result) };
  return spec === void 0 ? { refusal: `it ended without a change: ${complaint(result)}` } : { spec };
}

// src/docker/specs/spec-support.ts
var DROPPED_FIELDS = [
  { key: "`healthcheck.start_interval`", path: "Healthcheck.StartInterval", minor: 44 },
  { key: "`volume.subpath`", path: "Mounts.VolumeOptions.Subpath", minor: 45 },
  { key: "`oom_score_adj`", path: "OomScoreAdj", minor: 46 },
  { key: "`bind-recursive`", path: "Mounts.BindOptions.ReadOnlyNonRecursive", minor: Number.POSITIVE_INFINITY },
  { key: "`bind-recursive`", path: "Mounts.BindOptions.ReadOnlyForceRecursive", minor: Number.POSITIVE_INFINITY },
  { key: "`create_host_path`", path: "Mounts.BindOptions.CreateMountpoint", minor: Number.POSITIVE_INFINITY }
];
function withoutIgnored(spec, apiVersion) {
  const minor = Number(apiVersion.split(".")[1]);
  const { TaskTemplate: template } = spec;
  const dropped = DROPPED_FIELDS.filter((field) => minor < field.minor && has(template.ContainerSpec, field.path));
  if (dropped.length === 0) return { kept: spec, ignored: [] };
  const container = dropped.reduce((kept, { path }) => without(kept, path.split(".")), template.ContainerSpec);
  return {
    kept: { ...spec, TaskTemplate: { ...template, ContainerSpec: container } },
    ignored: [...new Set(dropped.map(({ key }) => key))]
  };
}
function has(node, path) {
  if (Array.isArray(node)) return node.some((item) => has(item, path));
  if (path === "") return node !== void 0;
  const [key = "", ...rest] = path.split(".");
  return isObject(node) && has(node[key], rest.join("."));
}
function without(node, path) {
  if (Array.isArray(node)) return node.map((item) => without(item, path));
  const [key = "", ...rest] = path;
  if (!isObject(node) || node[key] === void 0) return node;
  const { [key]: inner, ...others } = node;
  return rest.length === 0 ? others : { ...others, [key]: without(inner, rest) };
}
function isObject(value) {
  return typeof value === "object" && value !== null;
}

// src/docker/swarm/update-status.ts
function hasUnfinishedUpdate({ UpdateStatus: status }) {
  return status !== void 0 && status.State !== "completed" && status.State !== "rollback_completed";
}
function isPaused({ UpdateStatus: status }) {
  return status?.State === "paused" || status?.State === "rollback_paused";
}

// src/plan/create-args-record.ts
function withRecord(spec, record) {
  const { [RECORD_LABEL]: _, ...labels } = spec.Labels ?? {};
  const note2 = record.length === 0 ? {} : { [RECORD_LABEL]: JSON.stringify([...new Set(record)]) };
  return { ...spec, Labels: { ...labels, ...note2 } };
}
function recorded({ Labels }) {
  try {
    const names = JSON.parse(Labels?.[RECORD_LABEL] ?? "[]");
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

// src/plan/create-args.ts
var ANY_IMAGE = { registry: "docker.io", repository: "library/any", tag: "latest" };
async function declaredByFlags(planned, world) {
  const { request, current, colours } = planned;
  const { createArgs, env } = request;
  if (createArgs === void 0 || current === void 0) return void 0;
  const names = createArgs.map(({ name }) => name);
  const unknown = unknownFlags(names);
  const declared = await created(planned, createArgs, world);
  const known2 = createArgs.filter(({ name }) => !unknown.includes(name));
  const plain2 = unknown.length === 0 ? void 0 : await created(planned, known2, world);
  const ofOthers = Object.keys(env).map((name) => `--env ${name}`);
  return overlay(current.Spec, declared, names, {
    ...plain2 && { plain: plain2 },
    earlier: recorded(current.Spec).filter((name) => !ofOthers.includes(name)),
    keptAlias: colours?.route?.alias
  });
}
async function created({ request, current }, flags, { connection, workspace, signal }) {
  const { docker, engine, configDirectory } = connection;
  const mode = flags.some(({ name }) => name === "--mode") ? [] : modeFlag(current?.Spec);
  const { words, env } = apartFromVariables(flags);
  const command = serviceCreate({
    name: request.name,
    directory: configDirectory,
    image: ANY_IMAGE,
    replicas: void 0,
    env,
    flags: [...mode, ...words]
  });
  const rehearsal = await rehearse(command, docker, engine, workspace.socketPath(), signal);
  if ("refusal" in rehearsal) throw new UserErrors([refusedFlags("create", rehearsal.refusal)]);
  const { kept, ignored } = withoutIgnored(withRulingVariables(rehearsal.spec, env), engine.apiVersion);
  for (const key of ignored) log.warning(`service ${request.name}: this daemon is too old for ${key}, and ignores it`);
  return kept;
}
async function updatedByFlags({ updateArgs }, spec, { connection, workspace, signal }) {
  const flags = updateArgs.filter(({ name }) => name !== "--force");
  if (flags.length === 0) return spec;
  const { words, env } = apartFromVariables(flags);
  const { docker, engine, configDirectory: directory } = connection;
  const command = serviceUpdate({
    name: spec.Name,
    directory,
    image: void 0,
    replicas: void 0,
    env,
    flags: words
  });
  const service = { ID: "rehearsal", Version: { Index: 1 }, Spec: spec };
  const rehearsal = await rehearse(command, docker, engine, workspace.socketPath(), signal, service);
  if ("refusal" in rehearsal) throw new UserErrors([refusedFlags("update", rehearsal.refusal)]);
  return withRulingVariables(rehearsal.spec, env);
}
function refusedFlags(verb, refusal) {
  return `\`${verb}-args\`: docker refuses it: ${refusal}`;
}
function modeFlag(spec) {
  if (spec?.Mode.Global !== void 0) return ["--mode", "global"];
  if (spec?.Mode.GlobalJob !== void 0) return ["--mode", "global-job"];
  return spec?.Mode.ReplicatedJob === void 0 ? [] : ["--mode", "replicated-job"];
}

// src/plan/change.ts
async function changeOf(planned, image, surroundings) {
  const { request, current } = planned;
  const asked = { image: image.pinned, replicas: request.replicas, env: request.env };
  const missing = difference(current?.Spec, asked);
  const declared = await declaredByFlags(planned, surroundings);
  const standing = current && declared ? { ...planned, current: { ...current, Spec: declared.spec } } : planned;
  const spec = withCommand(await specFor(standing, missing, image, surroundings), request.command);
  const { kept, ignored } = withoutIgnored(spec, surroundings.connection.engine.apiVersion);
  for (const key of ignored)
    log.warning(`service ${request.name}: this daemon has no ${key} for services, and ignores it`);
  const isSent = missing.image !== void 0 || request.compose !== void 0;
  const wanted = isSent ? withPlatforms(kept, image.distribution?.Platforms) : kept;
  const networks = request.compose?.networks ?? [];
  const changes = changesOf(planned, wanted, missing, declared);
  const isNoted = declared !== void 0 && changes.length > 0;
  return { wanted: isNoted ? withRecord(wanted, declared.record) : wanted, networks, changes };
}
function specFor(planned, missing, image, surroundings) {
  const { request, current } = planned;
  if (request.compose !== void 0) return specOfStack(request.compose, image, current);
  if (isPlain(planned, missing)) return withDifference(planned.current.Spec, missing);
  return rehearsed(planned, missing, surroundings);
}
function specOfStack({ spec }, { pinned }, current) {
  const withImage = withDifference(spec, { image: pinned, replicas: void 0, env: {} });
  return current === void 0 ? withImage : withStoredOrder(asUpdate(withImage, current.Spec), current.Spec);
}
function asUpdate(spec, { TaskTemplate: stored }) {
  const { TaskTemplate: template } = spec;
  const { ForceUpdate } = stored;
  const Platforms = stored.Placement?.Platforms;
  const isSameImage = stored.ContainerSpec?.Image === template.ContainerSpec?.Image;
  return {
    ...spec,
    TaskTemplate: {
      ...template,
      ...ForceUpdate !== void 0 && { ForceUpdate },
      ...Platforms !== void 0 && isSameImage && { Placement: { ...template.Placement, Platforms } }
    }
  };
}
function isPlain(planned, { words }) {
  const { current, request } = planned;
  if (current === void 0 || request.compose !== void 0) return false;
  if (ownFlags(planned).length > 0 || policiesFor(planned).length > 0) return false;
  return words.length === 0 || !isJob(current.Spec) && (request.replicas === void 0 || current.Spec.Mode.Replicated !== void 0);
}
function ownFlags({ request, current }) {
  return current === void 0 ? request.createArgs ?? [] : request.updateArgs;
}
function policiesFor({ request, current }) {
  const { createArgs = [], policies } = request;
  const makesJob = current === void 0 ? createArgs.some(({ name, value }) => name === "--mode" && value?.endsWith("-job")) : isJob(current.Spec);
  return makesJob ? [] : policyFlags(policies);
}
async function rehearsed(planned, missing, surroundings) {
  const { connection, workspace, signal } = surroundings;
  const { docker, engine, configDirectory } = connection;
  const { command, env } = commandFor(planned, missing, configDirectory);
  const rehearsal = await rehearse(command, docker, engine, workspace.socketPath(), signal, planned.current);
  if ("refusal" in rehearsal) throw new UserErrors([refusalOf(planned, rehearsal.refusal)]);
  const spec = withRulingVariables(rehearsal.spec, env);
  return planned.current === void 0 ? completed(planned, spec, surroundings) : spec;
}
async function completed({ request }, spec, surroundings) {
  const { createArgs, env } = request;
  const updated = await updatedByFlags(request, spec, surroundings);
  if (createArgs === void 0) return updated;
  const names = createArgs.map(({ name }) => name);
  return withRecord(updated, entriesOf(spec, names, env));
}
function commandFor(planned, { image, replicas, env: ofKey }, directory) {
  const { request, current } = planned;
  const own = apartFromVariables(ownFlags(planned));
  const env = { ...ofKey, ...own.env };
  const change2 = {
    name: current?.Spec.Name ?? planned.colours?.next ?? request.name,
    directory,
    image,
    replicas,
    env,
    flags: [...policiesFor(planned), ...own.words]
  };
  return { command: current === void 0 ? serviceCreate(change2) : serviceUpdate(change2), env };
}
function refusalOf(planned, refusal) {
  const verb = planned.current === void 0 ? "create" : "update";
  return ownFlags(planned).length > 0 ? refusedFlags(verb, refusal) : `docker refuses it: ${refusal}`;
}
function changesOf({ request, current, interim }, wanted, { words }, declared) {
  if (current === void 0) return [];
  const stuck = [
    ...isPaused(current) ? ["its last update was paused"] : [],
    ...interim === void 0 ? [] : ["an earlier deploy of it was killed half-way"]
  ];
  const changed = changedParts(current.Spec, wanted);
  if (request.compose !== void 0) {
    const rerun = request.compose.isRerun && isJob(wanted) ? ["run again"] : [];
    return [...changed.length === 0 ? rerun : changed, ...stuck];
  }
  const byLists = changed.length === 0 ? [] : [...declared?.changes ?? [], ...commandChange(current.Spec, wanted)];
  const named = [...words, ...byLists];
  const base = declared?.spec ?? current.Spec;
  const byFlags = named.length === 0 && changed.length > 0 ? changesByFlags(base, wanted, changedParts(base, wanted)) : [];
  return [...named, ...byFlags, ...stuck];
}
function commandChange(now, wanted) {
  return sameSpec(withCommand(now, commandOf(wanted)), now) ? [] : ["command"];
}
var POLICIES = ["update policy", "rollback policy"];
function changesByFlags(now, wanted, changed) {
  const { UpdateConfig: _u, RollbackConfig: _r, ...rest } = now;
  const { UpdateConfig: _update, RollbackConfig: _rollback, ...others } = wanted;
  const policies = changed.filter((part) => POLICIES.includes(part));
  const onlyPolicies = policies.length > 0 && sameSpec(rest, others);
  return [...onlyPolicies ? [] : ["update-args"], ...policies];
}

// src/docker/registry/registry-auth.ts
function authConfig(credential) {
  const serveraddress = registryKey(credential.registry);
  const secret = credential.password.reveal();
  return credential.kind === "identity-token" ? { identitytoken: secret, serveraddress } : { username: credential.username, password: secret, serveraddress };
}
function registryAuthHeader(credential) {
  const base64 = Buffer.from(JSON.stringify(authConfig(credential))).toString("base64");
  return new Secret(base64.replaceAll("+", "-").replaceAll("/", "_"));
}

// src/docker/registry/registry-error.ts
var REGISTRY_SECONDS = 30;
var WORDINGS = [
  ["plain-http", /server gave http response to https client|first record does not look like a tls handshake/],
  ["unknown-ca", /x509: certificate signed by unknown authority|x509: .*certificate is not trusted/],
  ["bad-certificate", /x509:/],
  ["rate-limited", /toomanyrequests|too many requests|rate limit|rate exceeded/],
  [
    "unreachable",
    /no such host|connection refused|connection reset|network is unreachable|no route to host|i\/o timeout|tls handshake timeout|context deadline exceeded|client\.timeout exceeded|server misbehaving|temporary failure in name resolution|proxyconnect|\beof$/
  ],
  ["missing", /manifest unknown|name unknown|manifest for \S+ not found|repository \S+ not found|: not found$/],
  ["credential-needed", /no basic auth credentials|fetch anonymous token: .*\b40[13]\b/],
  // Amazon's words for a token older than 12 hours; it says "denied" though renewing the token is all it takes.
  ["wrong-credential", /authorization token has expired/],
  // Docker Hub's answer for a private and a missing repository alike, with "unauthorized" in the next line; Quay's, Harbor's.
  ["forbidden", /requested access to the resource is denied|insufficient_scope|not authorized|unauthorized to access/],
  // GitHub and GitLab call a wrong password "denied"; both lines of 29's form are the same error.
  ["wrong-credential", /denied: denied|from registry: denied\s+denied|http basic: access denied/],
  [
    "wrong-credential",
    /unauthorized|authentication required|incorrect username or password|invalid username\/password/
  ],
  ["wrong-credential", /fetch oauth token: .*\b40[013]\b/],
  // How Amazon's registry answers a login with a token that it cannot read.
  ["wrong-credential", /login attempt to .*failed with status: 400/],
  ["registry-error", /login attempt to .*failed with status: 404/],
  ["registry-error", /service unavailable|bad gateway|gateway timeout|internal server error|invalid character '<'/]
];
var QUOTED_STATUS = /(?:failed with status:?|unexpected http status:|error parsing http|unexpected status.*?:?) (\d{3})\b/;
function classifyRegistryError(status, message) {
  const text3 = withoutNames(message.toLowerCase()).trim();
  const worded = WORDINGS.find(([, wording]) => wording.test(text3));
  if (worded !== void 0) return worded[0];
  const quoted = QUOTED_STATUS.exec(text3)?.[1];
  if (quoted !== void 0) return failureOfStatus(Number(quoted));
  if (/\bdenied\b|\bforbidden\b/.test(text3)) return "forbidden";
  return status === 500 ? "unknown" : failureOfStatus(status);
}
function describeFailure(failure) {
  switch (failure) {
    case "wrong-credential":
      return "the credential was refused";
    case "credential-needed":
      return "a credential is needed";
    case "forbidden":
      return "access is denied";
    case "missing":
      return "there is no such image";
    case "rate-limited":
      return "the registry limits the rate of requests";
    case "unknown-ca":
      return "the registry's certificate is signed by an authority that the daemon does not know";
    case "bad-certificate":
      return "the registry's certificate is not valid";
    case "plain-http":
      return "the registry speaks plain HTTP";
    case "unreachable":
      return "the daemon cannot reach the registry";
    case "silent":
      return "the registry gives no answer";
    case "registry-error":
      return "the registry failed";
    case "unknown":
      return "the daemon could not get an answer";
  }
}
function remedy(failure, request) {
  const { registry, repository, config, username } = request;
  const image = repository === void 0 ? registry : `${registry}/${repository}`;
  const anonymous = config === void 0 && username === void 0;
  const credential = describeCredential(request);
  switch (failure) {
    case "wrong-credential":
      return anonymous ? askForCredential(registry, image) : `Check user name and password of ${credential}: ${registry} refused them, or they have expired.`;
    case "credential-needed":
      return anonymous ? askForCredential(registry, image) : `Check that ${credential} holds a user name and a password: ${registry} received none.`;
    case "forbidden":
      return anonymous ? askForCredential(registry, image) : `Give ${credential} the right to pull ${image}, or choose another, and check that the repository exists: ${registry} does not tell the two apart.`;
    case "missing":
      return `Check the name and the tag of ${image}, and that the image has been pushed: ${registry} does not have it.`;
    case "rate-limited":
      if (!anonymous) return `Wait until ${registry} allows ${credential} more requests, or raise its limit.`;
      return registry === "docker.io" ? "Add a credential for docker.io to registries: Docker Hub allows few pulls without one." : `Wait until ${registry} allows more requests, or add a credential for it to registries.`;
    case "unknown-ca":
      return `Put the CA certificate of ${registry} into /etc/docker/certs.d/${registry}/ca.crt on every node of the swarm; the daemon needs no restart.`;
    case "bad-certificate":
      return `Renew or correct the certificate of ${registry}, and check the clock of the nodes: it has expired, or was made for another name.`;
    case "plain-http":
      return `Serve ${registry} over HTTPS, or list it under "insecure-registries" in /etc/docker/daemon.json on every node of the swarm and reload the daemon.`;
    case "unreachable":
      return `Check that the swarm's managers and nodes, not only this runner, can reach ${registry}: its name, DNS, firewall and the daemon's proxy settings.`;
    case "silent":
      return `Check that ${registry} is in good health, and that the swarm's managers, not only this runner, can reach it: there was no whole answer within ${REGISTRY_SECONDS} s.`;
    case "registry-error":
      return `Check that ${registry} is a container registry and in good health, and run this again.`;
    case "unknown":
      return `Run "docker pull ${image}" on a manager to see what ${registry} says.`;
  }
}
function withoutNames(text3) {
  return text3.replace(/https?:\/\/[^\s"\\]+/g, "<url>").replace(/(reference \\?")[^"\\]*/g, "$1<image>").replace(/(pull access denied for )[^\s,]+/g, "$1<image>");
}
function failureOfStatus(status) {
  if (status === 401) return "wrong-credential";
  if (status === 403) return "forbidden";
  if (status === 404) return "missing";
  if (status === 429) return "rate-limited";
  return status >= 500 && status < 600 ? "registry-error" : "unknown";
}
function describeCredential({ registry, config, username }) {
  const user = username === void 0 ? `the credential for ${registry}` : `the credential of ${username} for ${registry}`;
  return config === void 0 ? user : `${user} in config ${config}`;
}
function askForCredential(registry, image) {
  return `Add a credential for ${registry} to registries: ${image} cannot be read without one, or does not exist.`;
}

// src/docker/registry/registry.ts
var RegistryError = class extends Error {
  name = "RegistryError";
  failure;
  constructor(failure, message) {
    super(message);
    this.failure = failure;
  }
};
var PAUSES_MS = [1e3, 3e3];
async function verifyCredential(engine, credential, signal) {
  await asking(
    engine,
    credential.registry,
    signal,
    (limits) => engine.post("/auth", { body: authConfig(credential), mayRepeat: true, ...limits })
  );
}
function resolveImage(engine, image, credential, signal) {
  return asking(
    engine,
    image.registry,
    signal,
    (limits) => engine.get(`/distribution/${familiar(image)}/json`, {
      ...limits,
      ...credential === void 0 ? {} : { registryAuth: registryAuthHeader(credential) }
    })
  );
}
async function asking(engine, registry, signal, ask) {
  return retry(
    () => askOnce(engine, registry, signal, ask),
    (error, { number }) => {
      const isHiccup = error instanceof RegistryError && error.failure === "registry-error";
      return isHiccup ? PAUSES_MS[number - 1] : void 0;
    },
    signal
  );
}
async function askOnce(engine, registry, signal, ask) {
  try {
    return await clockFor(engine, registry).during(
      (over) => ask({ signal: AbortSignal.any([signal, over]), timeoutSeconds: REGISTRY_SECONDS })
    );
  } catch (error) {
    if (error instanceof TooLate && !signal.aborted) {
      await engine.bytes("/_ping", { signal });
      throw new RegistryError("silent", `${describeFailure("silent")} within ${REGISTRY_SECONDS} s`);
    }
    if (!(error instanceof EngineError) || !error.isDaemons) throw error;
    throw new RegistryError(classifyRegistryError(error.status, error.message), error.message);
  }
}
var clocks = /* @__PURE__ */ new WeakMap();
function clockFor(engine, registry) {
  const ofEngine = clocks.get(engine) ?? /* @__PURE__ */ new Map();
  clocks.set(engine, ofEngine);
  const clock = ofEngine.get(registry) ?? new RegistryClock();
  ofEngine.set(registry, clock);
  return clock;
}
var RegistryClock = class {
  #over = new AbortController();
  #waiting = 0;
  #timer;
  async during(ask) {
    this.#waiting++;
    if (this.#timer === void 0) this.#restart();
    try {
      const answer = await ask(this.#over.signal);
      this.#restart();
      return answer;
    } catch (error) {
      if (error instanceof EngineError) this.#restart();
      throw error;
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#stop();
    }
  }
  #restart() {
    this.#stop();
    const end = () => this.#over.abort(new DOMException("The registry is silent", "TimeoutError"));
    this.#timer = setTimeout(end, REGISTRY_SECONDS * 1e3);
  }
  #stop() {
    clearTimeout(this.#timer);
    this.#timer = void 0;
  }
};

// src/plan/images.ts
function lookUpOnce({ engine }, signal) {
  const answers = /* @__PURE__ */ new Map();
  return (image, access) => {
    const key = `${familiar(image)} ${access?.config.directory ?? ""}`;
    const answer = answers.get(key) ?? resolveImage(engine, image, access?.credential, signal);
    answers.set(key, answer);
    return answer;
  };
}
async function checkImage({ request, current, access }, lookUp) {
  const { name, image } = request;
  if (image === void 0) {
    const fresh = await accessToRun(
      current,
      access,
      lookUp,
      `${name}: keeps its image and the credential stored with it`
    );
    return { pinned: void 0, access: fresh, distribution: void 0 };
  }
  try {
    const distribution = await lookUp(image, access);
    const pinned = withDigest(image, distribution.Descriptor.digest);
    log.info(
      `${name}: ${familiar(pinned)}, ${access === void 0 ? "read without a credential" : `config ${access.config.name}`}`
    );
    return { pinned, access, distribution };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new UserErrors([describeRefusal(error, image, access)]);
  }
}
async function accessToReturn({ request, current, currentAccess }, checked2, lookUp) {
  if (hasProved(checked2, currentAccess, imageOf(current))) return currentAccess;
  const otherwise = `${request.name}: a way back would use the credential stored with the service`;
  return accessToRun(current, currentAccess, lookUp, otherwise);
}
function hasProved({ pinned, access }, other, image) {
  if (pinned === void 0 || other === void 0 || image === void 0) return false;
  const isSameCredential = access?.config === other.config && access.credential === other.credential;
  return isSameCredential && canonicalName(pinned) === canonicalName(parseReference(image));
}
async function accessToRun(current, access, lookUp, otherwise) {
  const image = imageOf(current);
  if (access === void 0 || image === void 0) return void 0;
  try {
    await lookUp(parseReference(image), access);
    return access;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    log.info(`${otherwise}: config ${access.config.name} cannot read ${image}`);
    return void 0;
  }
}
function describeRefusal(error, image, access) {
  const { registry, repository } = image;
  const who = access === void 0 ? "without a credential" : `as ${access.credential.username} (config ${access.config.name})`;
  const advice = remedy(error.failure, {
    registry,
    repository,
    ...access === void 0 ? {} : { config: access.config.name, username: access.credential.username }
  });
  const said = error.failure === "silent" ? "" : ` Docker says: ${error.message}`;
  return `image ${familiar(image)} cannot be read from ${registry} ${who}: ${describeFailure(error.failure)}. ${advice}${said}`;
}

// src/docker/duration.ts
var UNITS = [
  ["h", 3600],
  ["m", 60]
];
function spoken(seconds) {
  const [unit, size] = UNITS.find(([, size2]) => seconds > 0 && seconds % size2 === 0) ?? ["s", 1];
  return `${seconds / size} ${unit}`;
}

// src/docker/swarm/health.ts
var DEFAULT_INTERVAL_SECONDS = 30;
var NANOSECONDS = 1e9;
var LONGEST_OUTPUT = 200;
function effectiveCheck(own, image) {
  const test = own?.Test?.length ? own.Test : image?.Test;
  if (test === void 0 || test.length === 0 || test[0] === "NONE") return void 0;
  return {
    Test: test,
    Interval: own?.Interval || image?.Interval || 0,
    StartPeriod: own?.StartPeriod || image?.StartPeriod || 0,
    StartInterval: own?.StartInterval || image?.StartInterval || 0
  };
}
function notYetHealthy(check2, health) {
  const start = check2.StartPeriod ? `, its start period ${spoken(check2.StartPeriod / NANOSECONDS)}` : "";
  const terms = `its interval is ${spoken(intervalSeconds(check2))}${start}`;
  const last2 = lastFailure(health);
  return `its health check has not passed yet${last2 === void 0 ? "" : `, and ended with ${last2}`}; ${terms}`;
}
function lastFailure(health) {
  const last2 = health?.Log?.at(-1);
  if (last2 === void 0 || last2.ExitCode === 0) return void 0;
  const output = (last2.Output ?? "").trim().replace(/\s+/g, " ");
  const shown2 = foreignLine(output, LONGEST_OUTPUT);
  return `exit code ${last2.ExitCode}${shown2 === "" ? "" : `: ${shown2}`}`;
}
function intervalSeconds({ Interval: interval }) {
  return interval ? interval / NANOSECONDS : DEFAULT_INTERVAL_SECONDS;
}

// src/plan/notices.ts
var NANOSECONDS2 = 1e9;
function unfinishedUpdateNote(service, isChanged2) {
  const { UpdateStatus: status } = service;
  if (status === void 0 || !hasUnfinishedUpdate(service)) return void 0;
  if (isPaused(service))
    return `its last update is paused (${limited(status.Message ?? "no reason given")}): it is sent anew`;
  const what = status.State === "updating" ? "an earlier update of it" : "the rollback of its last update";
  return isChanged2 ? `${what} is still in progress: this deploy takes its place, and a way back would lead to what that one was to make` : `${what} is still in progress, and leads to what is asked for: nothing is sent, and the deploy stands or falls with it`;
}
function slowCheckNote(check2, timeoutSeconds) {
  const limit = `the \`timeout\` of this run is ${spoken(timeoutSeconds)}`;
  const isEarlier = (check2.StartPeriod ?? 0) > 0 && (check2.StartInterval ?? 0) > 0;
  if (intervalSeconds(check2) > timeoutSeconds && !isEarlier) {
    return `the interval of its health check is ${spoken(intervalSeconds(check2))}, and ${limit}: it may not pass in time`;
  }
  const start = (check2.StartPeriod ?? 0) / NANOSECONDS2;
  if (start <= timeoutSeconds) return void 0;
  return `the start period of its health check is ${spoken(start)}, and ${limit}: a check that fails is not told as such in time`;
}

// src/plan/strategy.ts
function planOf({ strategy: { kind } }, strategies) {
  const plan = strategies[kind];
  if (plan === void 0) throw new Error(`there is no strategy ${kind}`);
  return plan;
}
function replacesNothing(current, wanted) {
  return wantedTasks(wanted) === 0 || sameSpec(current, { ...current, TaskTemplate: wanted.TaskTemplate });
}

// src/docker/specs/service-settings.ts
var SETTINGS = {
  name: { compose: "", flag: "`name`" },
  mode: { compose: "deploy.mode", flag: "--mode" },
  "cpu limit": { compose: "deploy.resources.limits.cpus", flag: "--limit-cpu" },
  "memory limit": { compose: "deploy.resources.limits.memory", flag: "--limit-memory" },
  "cpu reservation": { compose: "deploy.resources.reservations.cpus", flag: "--reserve-cpu" },
  "memory reservation": { compose: "deploy.resources.reservations.memory", flag: "--reserve-memory" },
  "restart condition": { compose: "deploy.restart_policy.condition", flag: "--restart-condition" },
  "restart delay": { compose: "deploy.restart_policy.delay", flag: "--restart-delay" },
  "restart window": { compose: "deploy.restart_policy.window", flag: "--restart-window" },
  constraints: { compose: "deploy.placement.constraints", flag: "--constraint" },
  "update policy": { compose: "deploy.update_config", flag: "--update-…" },
  "update delay": { compose: "deploy.update_config.delay", flag: "--update-delay" },
  "update monitor": { compose: "deploy.update_config.monitor", flag: "--update-monitor" },
  "update failure ratio": { compose: "deploy.update_config.max_failure_ratio", flag: "--update-max-failure-ratio" },
  "update failure action": { compose: "deploy.update_config.failure_action", flag: "--update-failure-action" },
  "update order": { compose: "deploy.update_config.order", flag: "--update-order" },
  "rollback failure action": { compose: "deploy.rollback_config.failure_action", flag: "--rollback-failure-action" },
  "rollback order": { compose: "deploy.rollback_config.order", flag: "--rollback-order" },
  "endpoint mode": { compose: "deploy.endpoint_mode", flag: "--endpoint-mode" },
  ports: { compose: "ports", flag: "--publish" },
  networks: { compose: "networks", flag: "--network" },
  mounts: { compose: "volumes", flag: "--mount" },
  secrets: { compose: "secrets", flag: "--secret" },
  configs: { compose: "configs", flag: "--config" },
  environment: { compose: "environment", flag: "--env" },
  hostname: { compose: "hostname", flag: "--hostname" },
  "working directory": { compose: "working_dir", flag: "--workdir" },
  "health interval": { compose: "healthcheck.interval", flag: "--health-interval" },
  "health timeout": { compose: "healthcheck.timeout", flag: "--health-timeout" },
  "health start period": { compose: "healthcheck.start_period", flag: "--health-start-period" },
  "health start interval": { compose: "healthcheck.start_interval", flag: "--health-start-interval" },
  "health retries": { compose: "healthcheck.retries", flag: "--health-retries" }
};
function composePath(setting) {
  const { compose } = SETTINGS[setting];
  return compose === "" ? [] : compose.split(".");
}
function flagFor(setting) {
  return SETTINGS[setting].flag;
}

// src/docker/swarm/subnet.ts
import { BlockList, isIP, isIPv4 } from "node:net";
function isSubnet(text3) {
  const [base = "", bits = "", ...more] = text3.split("/");
  const most = isIPv4(base) ? 32 : 128;
  return isIP(base) !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}
function overlap(one, other) {
  return holds(one, other) || holds(other, one);
}
function holds(outer, inner) {
  const [base = "", bits] = outer.split("/");
  const [address = ""] = inner.split("/");
  if (isIPv4(base) !== isIPv4(address)) return false;
  const family = isIPv4(base) ? "ipv4" : "ipv6";
  try {
    const block = new BlockList();
    block.addSubnet(base, Number(bits), family);
    return block.check(address, family);
  } catch {
    return false;
  }
}
function isRoomy(subnet) {
  const [base = "", bits] = subnet.split("/");
  return Number(bits) <= (isIPv4(base) ? 30 : 127);
}

// src/docker/swarm/network-rules.ts
var LOCAL_DRIVERS = ["bridge", "host", "ipvlan", "macvlan", "none", "null"];
var PREDEFINED = ["bridge", "default", "host", "none"];
function networkViolations(wanted, others) {
  return [...nameViolations(wanted, others), ...driverViolations(wanted), ...subnetViolations(wanted, others)];
}
function nameViolations({ Name: name }, others) {
  const problem = PREDEFINED.includes(name) ? `${name} is a network of docker's own: write another name` : nameProblem(name, "a network") ?? takenProblem(name, others);
  return problem === void 0 ? [] : [{ key: "name", problem }];
}
function takenProblem(name, others) {
  const same = others.find((other) => other.Name === name);
  if (same !== void 0) {
    return same.Scope === "local" ? `a node has a network ${name} of its own: remove it there, or write another name` : `the swarm has a network ${name} that is not of this stack: write \`external: true\` to use it, or another name`;
  }
  const similar = others.find((other) => other.Name.toLowerCase() === name.toLowerCase() && other.Scope !== "local");
  return similar && `${name} and ${similar.Name} are one name for Swarm: write another one`;
}
function driverViolations({ Driver: driver = "", Scope: scope }) {
  if (scope === "swarm" || !LOCAL_DRIVERS.includes(driver)) return [];
  const problem = `${driver} makes a network of one node, which no service can use: write overlay, or leave the driver out`;
  return [{ key: "driver", problem }];
}
function subnetViolations(wanted, others) {
  const subnets = subnetsOf(wanted);
  return subnets.flatMap((subnet, index) => {
    const problem = subnetProblem(subnet, subnets.slice(0, index), others);
    return problem === void 0 ? [] : [{ key: "ipam", problem }];
  });
}
function subnetProblem(subnet, before, others) {
  if (!isSubnet(subnet)) return `${JSON.stringify(subnet)} is no subnet: write one such as 10.20.0.0/24`;
  if (!isRoomy(subnet)) {
    return `the subnet ${subnet} has no room for a task and its gateway: write a larger one`;
  }
  if (before.some((other) => overlap(subnet, other))) {
    return `the subnet ${subnet} overlaps another one of the same network: write one that does not`;
  }
  for (const other of others.filter(({ Scope: scope }) => scope !== "local")) {
    const its = subnetsOf(other).find((one) => overlap(subnet, one));
    if (its !== void 0) {
      return `the subnet ${subnet} is taken by the network ${other.Name} (${its}), so Swarm would never allocate it: write another one`;
    }
  }
  return void 0;
}
function subnetsOf({ IPAM: ipam }) {
  return (ipam?.Config ?? []).map(({ Subnet: subnet = "" }) => subnet);
}

// src/inputs/compose/place.ts
function placeOf(files, path) {
  const found2 = files.map((file) => ({ file, ...lineOf(file.root, path) })).reduce((best, one) => one.depth >= best.depth ? one : best);
  return found2.depth === 0 ? files.map((file) => file.path).join(", ") : `${found2.file.path} line ${found2.line}`;
}
function locateComplaint(files, message, about = []) {
  const parts = /\b(services|networks|volumes|secrets|configs)\.[\w.-]+/.exec(message)?.[0].split(".");
  const path = parts === void 0 ? about : keysIn(files, parts);
  const key = /Additional property (.+) is not allowed$/.exec(message)?.[1];
  if (key === void 0) return `${placeOf(files, path)}: docker refuses it: ${message}`;
  return `${placeOf(files, [...path, key])}: docker refuses it: ${message}: ${adviceInside(path, key)}`;
}
function keysIn(files, [section = "", ...parts]) {
  const names = new Set(files.flatMap(({ root }) => mapAt(root, section).map(({ key }) => key)));
  const most = parts.findLastIndex((_, index) => names.has(parts.slice(0, index + 1).join("."))) + 1;
  return most === 0 ? [section, ...parts] : [section, parts.slice(0, most).join("."), ...parts.slice(most)];
}
function lineOf(root, path) {
  let value = root;
  let line = root.line;
  let depth = 0;
  for (const part of path) {
    const entry = value.kind === "map" ? value.entries.find(({ key }) => key === part) : void 0;
    const next = value.kind === "list" ? value.items[Number(part)] : entry?.value;
    if (next === void 0) break;
    line = entry?.line ?? next.line;
    value = next;
    depth++;
  }
  return { line, depth };
}

// src/inputs/compose/runner-paths.ts
import { homedir } from "node:os";
import { join, resolve } from "node:path";
function runnerPaths(files, service, directory, lookUp) {
  return files.flatMap(({ path: file, root }) => {
    const found2 = mapAt(root, "services").find(({ key }) => key === service)?.value;
    const volumes = found2?.kind === "map" ? entryAt(found2, "volumes") : void 0;
    return (volumes?.kind === "list" ? volumes.items : []).flatMap((item) => {
      const written = sourceOf(item);
      const source = written && filledIn(written.text, lookUp);
      if (written === void 0 || !source || isAbsolute(source)) return [];
      const path = source.startsWith("~") ? join(homedir(), source.slice(1)) : resolve(directory, source);
      return [{ place: `${file} line ${written.line}`, source, path }];
    });
  });
}
function sourceOf(item) {
  if (item.kind === "text") {
    const source2 = /^(?:\$\{[^}]*\}|[^:])*/.exec(item.value)?.[0] ?? "";
    return /^[.~$]/.test(source2) && source2 !== item.value ? { text: source2, line: item.line } : void 0;
  }
  if (item.kind !== "map") return void 0;
  const [type, source] = [entryAt(item, "type"), entryAt(item, "source")];
  const isBind = type?.kind === "text" && type.value === "bind";
  return isBind && source?.kind === "text" ? { text: source.value, line: source.line } : void 0;
}
function isAbsolute(path) {
  return path.startsWith("/") || /^(?:[a-zA-Z]:)?[\\/]/.test(path);
}

// src/stack/docker-files.ts
var NO_VERSION_CLI = 23;
var LAST_OF_OLDER = "3.9";
function dockerFiles(request, cliMajor, only) {
  const { adapted, policies, lookUp } = request;
  const complete2 = withPolicies(withNamedCredentials(adapted.files, lookUp), policies, lookUp);
  const isOld2 = cliMajor !== void 0 && cliMajor < NO_VERSION_CLI;
  return complete2.map((file) => {
    const versioned = isOld2 ? withEntries(file, [], [{ key: "version", line: 1, value: text(LAST_OF_OLDER, 1) }]) : file;
    return toYaml(only === void 0 ? versioned : withService(versioned, only));
  });
}
function serviceKeys(files) {
  return [...new Set(files.flatMap((file) => mapAt(file, "services").map(({ key }) => key)))];
}
function withService(file, only) {
  return mapValues(
    file,
    (section, value) => section === "services" && value.kind === "map" ? { ...value, entries: value.entries.filter(({ key }) => key === only) } : value
  );
}
function withPolicies(files, { update: update2, rollback }, lookUp) {
  const policies = Object.entries({ update_config: update2, rollback_config: rollback });
  return serviceKeys(files).reduce((all, service) => {
    const deploys = files.flatMap((file) => mapOf(serviceOf(file, service), "deploy") ?? []);
    const mode = deploys.map((deploy3) => entryAt(deploy3, "mode")).findLast((one) => one?.kind === "text");
    if (mode?.kind === "text" && filledIn(mode.value, lookUp).endsWith("-job")) return all;
    return policies.reduce((filled, [key, policy]) => {
      const own = new Set(deploys.flatMap((deploy3) => mapOf(deploy3, key)?.entries.map((entry) => entry.key) ?? []));
      const missing = settings(policy).filter((setting) => !own.has(setting.key));
      return missing.length === 0 ? filled : withSettings(filled, service, ["deploy", key], missing);
    }, all);
  }, files);
}
function withSettings(files, service, path, added) {
  const first = files.findIndex((file) => serviceOf(file, service) !== void 0);
  return files.map((file, index) => index === first ? withEntries(file, ["services", service, ...path], added) : file);
}
var NUMBERS = ["parallelism", "max_failure_ratio"];
function settings(policy) {
  const entries = Object.entries(policy);
  return entries.map(([key, value]) => ({
    key,
    line: 0,
    value: NUMBERS.includes(key) ? { ...text(value, 0), style: "plain" } : text(value, 0)
  }));
}
function withNamedCredentials(files, lookUp) {
  return files.map((file) => {
    const named = mapAt(file, "services").flatMap(({ key, value }) => {
      const credential = value.kind === "map" ? mapOf(value, "credential_spec") : void 0;
      const config = credential && entryAt(credential, "config");
      const name = config?.kind === "text" ? nameOf(files, "configs", config.value, lookUp) : void 0;
      return name === void 0 ? [] : [{ service: key, name }];
    });
    return named.reduce((all, { service, name }) => {
      const value = text(name.replaceAll("$", "$$$$"), 0);
      const changed = changeAt(all, ["services", service, "credential_spec", "config"], value);
      const isDefined = files.some((one) => mapAt(one, "configs").some(({ key }) => key === name));
      const external = { ...text("true", 0), style: "plain" };
      const alias = {
        kind: "map",
        line: 0,
        entries: [
          { key: "external", line: 0, value: external },
          { key: "name", line: 0, value }
        ]
      };
      return isDefined || mapAt(changed, "configs").some(({ key }) => key === name) ? changed : withEntries(changed, ["configs"], [{ key: name, line: 0, value: alias }]);
    }, file);
  });
}
function nameOf(files, section, key, lookUp) {
  const objects = files.flatMap((file) => mapAt(file, section).filter((entry) => entry.key === key));
  const object = objects.at(-1)?.value;
  if (object?.kind !== "map") return void 0;
  const external = mapOf(object, "external");
  const name = entryAt(object, "name") ?? (external && entryAt(external, "name"));
  if (name?.kind !== "text" || isNothing(name)) return void 0;
  return filledIn(name.value, lookUp) || void 0;
}
function keyOf(request, section, name) {
  const {
    lookUp,
    adapted: { files }
  } = request;
  const keys = files.flatMap((file) => mapAt(file, section).map(({ key: key2 }) => key2));
  const key = keys.find((one) => [nameOf(files, section, one, lookUp), one, scoped(request, one)].includes(name));
  return key === void 0 ? [] : [section, key];
}
function serviceOf(file, service) {
  const value = mapAt(file, "services").find(({ key }) => key === service)?.value;
  return value?.kind === "map" ? value : void 0;
}
function mapOf(map, key) {
  const value = map && entryAt(map, key);
  return value?.kind === "map" ? value : void 0;
}
function changeAt(map, [key = "", ...rest], value) {
  return mapValues(map, (one, old) => {
    if (one !== key) return old;
    return rest.length === 0 || old.kind !== "map" ? value : changeAt(old, rest, value);
  });
}

// src/plan/swarm-check.ts
function specProblems(request, current, wanted, files) {
  const violations = [
    ...specViolations(wanted),
    ...current === void 0 ? [] : changeViolations(current.Spec, wanted)
  ];
  return violations.map((violation) => placed(request, violation, files));
}
function runnerPathProblems({ name }, { TaskTemplate: { ContainerSpec: container } }, { files, directory, lookUp, name: stack }, isRemote) {
  const sources = (container?.Mounts ?? []).flatMap(({ Type, Source }) => Type === "bind" && Source ? [Source] : []);
  const key = keyIn(stack, name);
  const lines = runnerPaths(files, key, directory, lookUp).filter(({ path }) => sources.includes(path)).map(({ place: place2, source, path }) => {
    const what = `${place2}: services.${key}.volumes: ${source} is a path of this runner (${path})`;
    return isRemote ? `${what}, and none of the nodes: write an absolute path of the nodes, or use a volume or config` : `${what}: every node that may run the service needs it too. Write an absolute path of the nodes, or use a volume or config`;
  });
  return isRemote ? { problems: lines, warnings: [] } : { problems: [], warnings: lines };
}
function keyIn(stack, service) {
  return service.slice(scoped({ name: stack }, "").length);
}
function placed(request, { setting, item, problem }, files) {
  const { compose, name } = request;
  const [names, list3] = [item === void 0 ? [] : [item], item === void 0 ? "" : ` ${item}`];
  if (compose === void 0 || files === void 0) return `service ${name}: ${flagFor(setting)}${list3}: ${problem}`;
  const path = ["services", keyIn(files.name, name), ...composePath(setting)];
  return `${placeOf(files.files, [...path, ...names])}: ${[...path, ...names].join(".")}: ${problem}`;
}
function networkProblems(drafts, known2, files) {
  const wanted = new Map(drafts.flatMap(({ networks = [] }) => networks.map((one) => [one.Name, one])));
  const keys = files.adapted.files.flatMap((file) => mapAt(file, "networks").map(({ key }) => key));
  const placed2 = [...wanted.values()].map((network) => {
    const [section = "networks", key = "default"] = keyOf(files, "networks", network.Name);
    return { network, path: [section, key], at: keys.indexOf(key) };
  });
  const before = [];
  return placed2.toSorted((a, b) => a.at - b.at).flatMap(({ network, path }) => {
    const violations = networkViolations(network, [...known2, ...before]);
    before.push(network);
    return violations.map(({ key, problem }) => {
      const at = key === "" ? path : [...path, key];
      return `${placeOf(files.files, at)}: ${path.join(".")}: ${problem}`;
    });
  });
}
function joinsNetwork({ current, wanted }) {
  const targets = ({ TaskTemplate: { Networks: networks = [] } }) => networks.map(({ Target }) => Target);
  const has2 = current === void 0 ? [] : targets(current.Spec);
  return targets(wanted).some((target) => !has2.includes(target));
}
function attachmentProblems({ request, wanted }, known2, files) {
  const targets = (wanted.TaskTemplate.Networks ?? []).map(({ Target: target }) => target);
  const problems = targets.flatMap((target) => {
    const named = known2.filter(({ Id, Name }) => Id === target || Name === target);
    const there = named.filter((one) => !isLeftover(one));
    if (named.length > 0 && there.length === 0) {
      return [
        `the network ${named[0]?.Name} is removed, and only kept by what still runs on it: make it anew when that has ended, or name another one`
      ];
    }
    const network = there.find(({ Scope }) => Scope === "swarm") ?? there[0];
    if (network?.Ingress) {
      return [`${network.Name} is the network of published ports, which no service can join: leave it out`];
    }
    const name = network?.Name ?? target;
    if (name === "none") return ["Swarm has no network `none`: leave it out"];
    const isOfOneNode = network?.Scope === "local" && !OF_EVERY_NODE.includes(name);
    return isOfOneNode && files === void 0 ? [
      `${name} is a network of one node, which no service can use: make one with \`docker network create --driver overlay\``
    ] : [];
  });
  return problems.map((problem) => placed(request, { setting: "networks", problem }, files));
}
var OF_EVERY_NODE = ["bridge", "host"];
function mayConflict({ current, wanted }) {
  return current === void 0 || newPorts(current, wanted).length > 0;
}
function conflicts(drafts, known2, files) {
  return drafts.flatMap((draft, index) => {
    const others = known2.filter(({ ID }) => ID !== draft.current?.ID);
    const violations = [
      ...nameConflicts(draft, [...others.map(({ Spec }) => Spec.Name), ...namesBefore(drafts, index)]),
      ...portConflicts(draft, drafts, index, others)
    ];
    return violations.map((violation) => placed(draft.request, violation, files));
  });
}
function namesBefore(drafts, index) {
  return drafts.slice(0, index).flatMap(({ current, wanted }) => current === void 0 ? [wanted.Name] : []);
}
function nameConflicts({ current, wanted }, others) {
  if (current !== void 0) return [];
  const { Name: name } = wanted;
  const other = others.find((one) => one !== name && one.toLowerCase() === name.toLowerCase());
  if (other === void 0) return [];
  return [{ setting: "name", problem: `${name} and ${other} are one name for Swarm: write another one` }];
}
function portConflicts({ current, wanted }, drafts, index, others) {
  const asks = newPorts(current, wanted);
  if (asks.length === 0) return [];
  const taken = others.flatMap((other) => {
    const port = portInTheWay(asks, portsOf(other));
    return port === void 0 ? [] : [takenBy(port, other, drafts, wanted)];
  });
  const both = drafts.slice(0, index).flatMap((other) => {
    const port = portInTheWay(asks, newPorts(other.current, other.wanted));
    return port === void 0 ? [] : [
      `${portName(port)} is what ${other.wanted.Name} publishes in this same deploy: write another port for one of the two`
    ];
  });
  return [...taken, ...both].map((problem) => ({ setting: "ports", problem }));
}
function newPorts(current, wanted) {
  const has2 = current === void 0 ? [] : portsOf(current);
  return namedPorts(wanted).filter((port) => !hasPort(has2, port));
}
function takenBy(port, { ID, Spec: spec }, drafts, wanted) {
  const name = portName(port);
  const other = drafts.find(({ current }) => current?.ID === ID);
  if (other !== void 0 && portInTheWay([port], namedPorts(other.wanted)) === void 0) {
    return `${spec.Name} still publishes ${name}, and Swarm gives it away only when that is deployed: deploy ${spec.Name} without it first, then this one`;
  }
  const stack = spec.Labels?.[NAMESPACE_LABEL];
  const isLeftOver = other === void 0 && stack !== void 0 && stack === wanted.Labels?.[NAMESPACE_LABEL];
  const whose = isLeftOver ? `, of this stack but no longer in its files: remove it first with \`docker service rm ${spec.Name}\`` : ": write another port, or take it from that one first";
  return `${name} is published by the service ${spec.Name}${whose}`;
}

// src/plan/check.ts
function currentOf(service) {
  return "current" in service ? service.current : void 0;
}
function serviceBefore(service) {
  return currentOf(service) ?? service.colours?.live;
}
var PROGRESS_EVERY_MS = 1e4;
async function preflight(planned, world) {
  const lookUp = lookUpOnce(world.connection, world.signal);
  const sayProgress2 = progressOf(planned.length);
  const results = await inParallel(planned, world.maxParallel, async (service) => {
    const result = await checked(service, lookUp, world);
    sayProgress2();
    return result;
  });
  const drafts = results.flatMap(({ draft }) => draft ?? []);
  return {
    services: results.flatMap(({ service }) => service ?? []),
    problems: [...results.flatMap(({ problems }) => problems), ...await problemsTogether(drafts, world)]
  };
}
async function problemsTogether(drafts, world) {
  const { connection, files, signal, stack } = world;
  const joining = drafts.filter(joinsNetwork);
  const networks = stack?.known.networks ?? (joining.length > 0 ? await swarmNetworks(connection.engine, signal) : []);
  const services = drafts.some(mayConflict) ? await connection.engine.get("/services", { signal }) : [];
  return [
    ...files === void 0 ? [] : networkProblems(drafts, networks, files),
    ...joining.flatMap((draft) => attachmentProblems(draft, networks, files)),
    ...conflicts(drafts, services, files)
  ];
}
function progressOf(total) {
  let done = 0;
  let saidAt = nowMs();
  return () => {
    done++;
    if (done === total || nowMs() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = nowMs();
    log.info(`${done} of ${total} services are checked`);
  };
}
async function checked(planned, lookUp, world) {
  if (planned.access !== void 0 && world.loggedIn.refused.has(planned.access.credential)) return { problems: [] };
  try {
    return await check(planned, lookUp, world);
  } catch (error) {
    if (world.signal.aborted) throw new Error(`service ${planned.request.name}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}
async function check(planned, lookUp, world) {
  const { request, current, interim, colours } = planned;
  const { nodes } = world.observed;
  const strategy = planOf(request, world.strategies);
  for (const notice of request.notices ?? []) log.notice(`service ${request.name}: ${notice}`);
  const problems = [];
  const attempt = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (world.signal.aborted || !(error instanceof UserErrors)) throw error;
      problems.push(...error.problems.map((line) => `service ${request.name}: ${line}`));
      return void 0;
    }
  };
  const image = await attempt(() => checkImage(planned, lookUp));
  const change2 = await attempt(() => changeOf(planned, image ?? unresolved(planned), world));
  if (change2 === void 0) return { problems };
  const { wanted, changes } = change2;
  const draft = { request, current, ...change2 };
  if (image !== void 0 && current !== void 0 && changes.length === 0) {
    noticeUnfinishedUpdate(request.name, current, false);
    return { problems, draft, service: { ...base(image), action: "unchanged", current } };
  }
  const decision = await attempt(() => decide(strategy, planned, wanted, nodes));
  await attempt(async () => throwAll(await credentialProblems(wanted, world)));
  if (world.files !== void 0) {
    const paths = runnerPathProblems(request, wanted, world.files, world.connection.isRemote === true);
    problems.push(...paths.problems);
    for (const warning of paths.warnings) log.warning(warning);
  }
  problems.push(...specProblems(request, colours === void 0 ? current : void 0, wanted, world.files));
  await attempt(
    () => throwAll([
      ...placementProblems(wanted, image?.distribution, nodes),
      ...strategy.updatesInPlace ? orderProblems(planned, wanted, world.observed) : []
    ])
  );
  if (image === void 0 || problems.length > 0) return { problems, draft };
  if (current !== void 0) noticeUnfinishedUpdate(request.name, current, true);
  noticeSlowCheck(planned, wanted, world.timeoutSeconds);
  const service = base(image);
  if (decision?.second !== void 0 && colours !== void 0) {
    const { wanted: hidden2, service: second } = decision.second;
    return { problems, draft, service: { ...service, action: "switch", wanted: hidden2, second, colours } };
  }
  if (current === void 0) return { problems, draft, service: { ...service, action: "create" } };
  const currentAccess = await accessToReturn(planned, image, lookUp);
  const step = decision?.firstStep === void 0 ? {} : { firstStep: decision.firstStep };
  const update2 = { ...service, action: "update", current, currentAccess, ...interim && { interim }, ...step };
  return { problems, draft, service: update2 };
  function base({ access }) {
    return { request, access, ...colours && { colours }, ...change2 };
  }
}
function unresolved({ request: { image } }) {
  return { pinned: image, access: void 0, distribution: void 0 };
}
function noticeUnfinishedUpdate(name, current, isChanged2) {
  const note2 = unfinishedUpdateNote(current, isChanged2);
  if (note2 !== void 0) log.notice(`service ${name}: ${note2}`);
}
function orderProblems({ request, current }, wanted, observed) {
  const { name, compose } = request;
  const instead = `use ${policyAdvice({ order: "stop-first" }, compose !== void 0)}`;
  if (current === void 0) {
    const why2 = startFirstNote(wanted, observed.nodes);
    if (why2 !== void 0)
      log.notice(`service ${name}: start-first will not work for its next update: ${why2}; ${instead}`);
    return [];
  }
  if (replacesNothing(current.Spec, wanted)) return [];
  const tasks = observed.tasks.filter(({ ServiceID: id }) => id === current.ID);
  const why = startFirstProblem(current.Spec, wanted, observed.nodes, tasks);
  return why === void 0 ? [] : [`start-first cannot work here: ${why}; ${instead}`];
}
function noticeSlowCheck({ request, current }, wanted, timeoutSeconds = Number.POSITIVE_INFINITY) {
  const check2 = wanted.TaskTemplate.ContainerSpec?.Healthcheck;
  const isOff = check2 === void 0 || check2.Test?.[0] === "NONE" || isJob(wanted);
  if (isOff || current !== void 0 && replacesNothing(current.Spec, wanted)) return;
  const note2 = slowCheckNote(check2, timeoutSeconds);
  if (note2 !== void 0) log.notice(`service ${request.name}: ${note2}`);
}
function decide(strategy, planned, wanted, nodes) {
  const { name, compose } = planned.request;
  const { refusal, notices = [], ...decision } = strategy.decide?.({ planned, wanted, nodes }) ?? {};
  for (const notice of notices) log.notice(`${name}: ${notice}`);
  if (refusal === void 0) return decision;
  if (compose === void 0) throw new UserErrors([refusal]);
  if (!isJob(wanted)) log.notice(`service ${name} is deployed without its strategy: ${refusal}`);
  return {};
}
async function credentialProblems(spec, { connection, observed, stack, signal }) {
  const source = credentialSpecOf(spec);
  if (source === void 0) return [];
  if (source.Config && stack?.told.has(source.Config)) return [];
  const content = source.Config ? await contentOfConfig(source.Config) : void 0;
  return credentialSpecProblems(source, spec, content, observed.nodes);
  async function contentOfConfig(id) {
    const ofStack = stack && configContent(stack, id);
    if (ofStack !== void 0) return ofStack;
    const all = await connection.engine.get("/configs", { signal });
    const data = all.find(({ ID }) => ID === id)?.Spec.Data;
    return data === void 0 ? void 0 : Buffer.from(data, "base64").toString();
  }
}
function placementProblems(spec, distribution, nodes) {
  const hasBadConstraint = (spec.TaskTemplate.Placement?.Constraints ?? []).some((one) => constraintProblem(one));
  if (wantedTasks(spec) === 0 || hasBadConstraint) return [];
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement);
  if (eligible.length === 0) {
    const constraints = (spec.TaskTemplate.Placement?.Constraints ?? []).join(", ");
    return [
      `no node that is ready and active satisfies its placement constraints${constraints === "" ? "" : ` (${constraints})`}: its tasks would wait for ever. Change the constraints, or the nodes' labels and availability`
    ];
  }
  const platform = platformProblem(eligible, distribution?.Platforms ?? []);
  if (platform === void 0) return [];
  return [
    `its image is built for ${platform.image.join(", ")}, but the nodes that may run it are ${platform.nodes.join(", ")}: build it for one of those`
  ];
}

// src/plan/without-tasks.ts
var NO_NODE = "node.id==swarm-deploy.none";
function withoutTasks(spec) {
  if (spec.Mode.Replicated !== void 0) return { ...spec, Mode: { Replicated: { Replicas: 0 } } };
  const { TaskTemplate: template } = spec;
  const constraints = [...template.Placement?.Constraints ?? [], NO_NODE];
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Constraints: constraints } } };
}
function allowingNodes(template) {
  const { Constraints: constraints } = template.Placement ?? {};
  if (!constraints?.includes(NO_NODE)) return template;
  const allowed = constraints.filter((constraint) => constraint !== NO_NODE);
  return { ...template, Placement: { ...template.Placement, Constraints: allowed } };
}

// src/plan/colours.ts
var COLOURS = ["blue", "green"];
var BELONGS_LABEL = "swarm-deploy.blue-green";
var LIVE_LABEL = "swarm-deploy.live";
var ROUTE_LABEL = "swarm-deploy.route";
var FIRST = 1;
var LONGEST_NAME = 63;
function siblingNames(name) {
  return [name, ...COLOURS.map((colour) => `${name}-${colour}`)];
}
function hasColours(name, services) {
  return siblingsOf(name, services).some((service) => belongsTo(service) === name);
}
function colourOf(service) {
  const name = belongsTo(service);
  return name === service.Spec.Name ? void 0 : name;
}
function nameTaken(name, services) {
  const foreign = siblingsOf(name, services).find(
    (service) => service.Spec.Name !== name && belongsTo(service) !== name
  );
  return foreign && `the service ${foreign.Spec.Name} is there, and no blue-green deploy of ${name} made it: remove it, or choose another name`;
}
function coloursOf(name, services) {
  const siblings = siblingsOf(name, services);
  const ours = siblings.filter((service) => belongsTo(service) === name);
  const plain2 = siblings.find((service) => service.Spec.Name === name && !ours.includes(service));
  const candidates = [...plain2 === void 0 ? [] : [plain2], ...ours];
  const route = routeOf(ours);
  const live = liveOf(name, candidates, route);
  if (live !== void 0 && "problem" in live) return live;
  return {
    live,
    next: `${name}-${live?.Spec.Name === `${name}-blue` ? "green" : "blue"}`,
    generation: live === void 0 ? FIRST : Math.max(FIRST, ...ours.map(generationOf)) + 1,
    leftovers: ours.filter((service) => service !== live),
    route
  };
}
function liveOf(name, candidates, route) {
  const plain2 = candidates.find((service) => belongsTo(service) !== name);
  const marked = candidates.filter((service) => generationOf(service) > 0);
  if (marked.length === 0 && (plain2 !== void 0 || route === void 0)) return plain2;
  const routed2 = candidates.filter(
    (service) => route === void 0 ? marked.includes(service) || service === plain2 : isLedTo(service, route)
  );
  const [only, ...others] = routed2;
  if (others.length === 0) {
    if (only !== void 0 || marked.length === 0) return only;
    return {
      problem: `none of its services has the traffic: ${listed(candidates)} ${candidates.length === 1 ? "has" : "have"} not ${wayOf(route)}. Give it back to the one that is meant, with \`docker service update\`, or remove those that nobody needs, with \`docker service rm\``
    };
  }
  const generations = new Set(routed2.map(generationOf));
  const isKilled = routed2.every((service) => marked.includes(service)) && generations.size === routed2.length;
  if (isKilled) return routed2.toSorted((a, b) => generationOf(b) - generationOf(a))[0];
  return {
    problem: `${listed(routed2)} all have ${wayOf(route)}, and it cannot be told which is meant to have the traffic: take it from the others with \`docker service update\`, or remove those that nobody needs, with \`docker service rm\``
  };
}
function wayOf(route) {
  if (route === void 0) return `the label ${LIVE_LABEL}`;
  const ways = [
    ...route.labels.length === 0 ? [] : [`labels that begin with ${route.labels.join(" or ")}`],
    ...route.alias === void 0 ? [] : [`the name ${route.alias} on a network, with tasks behind it`]
  ];
  return `what leads it there (${ways.join(", ")})`;
}
function listed(services) {
  return new Intl.ListFormat("en").format(services.map(({ Spec }) => Spec.Name));
}
function hasTraffic(service, { prefixes, alias }) {
  return isLedTo(service, { labels: prefixes, ...alias !== void 0 && { alias } });
}
function isLedTo(service, { labels, alias }) {
  const { Spec: spec } = service;
  if (namesWith(labels, spec).length > 0) return true;
  const networks = spec.TaskTemplate.Networks ?? [];
  const hasAlias = alias !== void 0 && networks.some(({ Aliases }) => spec.Name === alias || (Aliases ?? []).includes(alias));
  return hasAlias && (generationOf(service) > 0 || hasTasks(spec));
}
function hasTasks(spec) {
  return wantedTasks(spec) !== 0 && allowingNodes(spec.TaskTemplate) === spec.TaskTemplate;
}
function routeOf(services) {
  const newestFirst = services.toSorted((a, b) => generationOf(b) - generationOf(a));
  return newestFirst.flatMap(({ Spec }) => parseRoute(Spec.Labels?.[ROUTE_LABEL]) ?? [])[0];
}
function parseRoute(text3) {
  try {
    const { labels, alias } = JSON.parse(text3 ?? "");
    if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string" && label !== "")) return void 0;
    if (typeof alias === "string") return { labels, alias };
    return labels.length === 0 ? void 0 : { labels };
  } catch {
    return void 0;
  }
}
function siblingsOf(name, services) {
  return siblingNames(name).flatMap((one) => services.find(({ Spec }) => Spec.Name === one) ?? []);
}
function belongsTo({ Spec }) {
  return Spec.Labels?.[BELONGS_LABEL];
}
function generationOf({ Spec }) {
  return Number(Spec.Labels?.[LIVE_LABEL] ?? 0) || 0;
}
function namesWith(prefixes, { Labels }) {
  return Object.keys(Labels ?? {}).filter((label) => prefixes.some((prefix) => label.startsWith(prefix)));
}
function routingOf({ routeLabels, routeAlias }, name, spec) {
  const labels = namesWith(routeLabels, spec);
  const hasNetworks = (spec.TaskTemplate.Networks ?? []).length > 0;
  const alias = routeAlias ?? (labels.length === 0 && hasNetworks ? name : void 0);
  return { labels, prefixes: labels.length === 0 ? [] : routeLabels, alias: hasNetworks ? alias : void 0 };
}
function colourRefusal(name, next, spec, routing) {
  if (isJob(spec)) return "blue-green is for services that run on, and this is a job: write `strategy: rolling` for it";
  const stack = spec.Labels?.[NAMESPACE_LABEL];
  if (stack !== void 0 && spec.Name === name) {
    return `it belongs to the stack ${stack}, whose next deploy would make a second ${name} beside the one that has the traffic: write another \`strategy\`, or take it out of the stack's files`;
  }
  const ports = spec.EndpointSpec?.Ports ?? [];
  if (ports.length > 0) {
    const published = ports.map(({ PublishedPort: port }) => port ?? "of its own choice").join(", ");
    return `blue-green makes a second service, and both cannot publish the port ${published}: put a proxy before it, or write another \`strategy\``;
  }
  if (next.length > LONGEST_NAME) {
    return `blue-green would name it ${next}, which has more than ${LONGEST_NAME} characters: choose a shorter name than ${name}`;
  }
  if (routing.labels.length > 0 || routing.alias !== void 0) return void 0;
  return "blue-green moves the traffic, and nothing leads any to it: it has no label that begins as `route-labels` says, and no network of its own on which it could have an alias";
}
function sharedByColours({ TaskTemplate: { ContainerSpec: container } }) {
  const writable = (container?.Mounts ?? []).filter(({ Type, ReadOnly }) => Type !== "tmpfs" && ReadOnly !== true);
  return [...writable.length > 0 ? ["its writable mounts"] : [], ...container?.Hostname ? ["its hostname"] : []];
}
function routed(wanted, name, { next, generation }, routing) {
  const route = { labels: routing.prefixes, ...routing.alias !== void 0 && { alias: routing.alias } };
  const labels = {
    ...wanted.Labels,
    [BELONGS_LABEL]: name,
    [LIVE_LABEL]: String(generation),
    [ROUTE_LABEL]: JSON.stringify(route)
  };
  return withAliases(
    { ...wanted, Name: next, Labels: labels },
    (aliases) => routing.alias === void 0 || aliases.includes(routing.alias) ? aliases : [...aliases, routing.alias]
  );
}
function hidden(spec, { labels, alias }) {
  const kept = Object.entries(spec.Labels ?? {}).filter(([label]) => label !== LIVE_LABEL && !labels.includes(label));
  return withAliases({ ...spec, Labels: Object.fromEntries(kept) }, (aliases) => aliases.filter((one) => one !== alias));
}
function claimed(spec, name) {
  return { ...spec, Labels: { [LIVE_LABEL]: String(FIRST), ...spec.Labels, [BELONGS_LABEL]: name } };
}
function reclaimed(spec, name, { generation }) {
  return { ...spec, Labels: { ...spec.Labels, [LIVE_LABEL]: String(generation + 1), [BELONGS_LABEL]: name } };
}
function retired(spec, { labels, prefixes, alias }) {
  const names = [...labels, ...namesWith(prefixes, spec)];
  const { Labels } = hidden(spec, { labels: names, alias: void 0 });
  const unlabelled = { ...spec, ...Labels && { Labels } };
  return alias === void 0 ? unlabelled : withoutTasks(unlabelled);
}
function routingToTake({ prefixes, labels, alias }, { route }) {
  return { labels, prefixes: [...prefixes, ...route?.labels ?? []], alias: alias ?? route?.alias };
}
function takenFrom(leftover, { route }) {
  if (route === void 0 || !isLedTo(leftover, route)) return void 0;
  const { labels: prefixes, alias } = route;
  const spec = retired(leftover.Spec, { labels: [], prefixes, alias });
  return { spec, byLabels: namesWith(prefixes, leftover.Spec).length > 0 };
}
function withAliases(spec, change2) {
  const { TaskTemplate: template } = spec;
  if (template.Networks === void 0) return spec;
  const networks = template.Networks.map((one) => ({ ...one, Aliases: change2(one.Aliases ?? []) }));
  return { ...spec, TaskTemplate: { ...template, Networks: networks } };
}

// src/plan/log-in.ts
import { join as join2 } from "node:path";
async function logIn(deployment, connection, workspace, signal) {
  const { engine, userConfig } = connection;
  const named = groupBy(deployment.credentials, (credential) => credential.config);
  const configs = await Promise.all(
    [...named].map(
      ([name, credentials], index) => makeConfig(workspace, userConfig, name, `config-${index + 1}`, credentials)
    )
  );
  const own = await readOwnCredentials(unservedRegistries(deployment), userConfig, signal);
  const ownConfig = own.length > 0 ? await makeConfig(workspace, userConfig, userConfig.name, "config-own", own) : void 0;
  const refusals2 = await Promise.all(
    deployment.credentials.map(async (credential) => ({ credential, problem: await refusal(credential) }))
  );
  const refused3 = refusals2.filter(({ problem }) => problem !== void 0);
  return {
    configs,
    ownConfig,
    problems: refused3.map(({ problem }) => problem ?? ""),
    refused: new Set(refused3.map(({ credential }) => credential))
  };
  async function refusal(credential) {
    const { origin, registry, username } = credential;
    try {
      await verifyCredential(engine, credential, signal);
      log.info(`${place(credential)}: logged in as ${username}, config ${credential.config}`);
      return void 0;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return `${origin}: no login to ${registry} as ${username}: ${error.message}. ${remedy(error.failure, credential)}`;
    }
  }
}
function place({ registry, path }) {
  return path === "" ? registry : `${registry}/${path}`;
}
async function makeConfig(workspace, userConfig, name, directoryName, credentials) {
  const directory = await workspace.makeDirectory(directoryName);
  const plain2 = new Map(credentials.map((credential) => [credential.registry, inTheClear(credential)]));
  await workspace.writeFile(join2(directory, "config.json"), isolatedConfigFile(plain2, userConfig.carriedOver));
  return { name, directory, credentials };
}
function inTheClear({ kind, username, password }) {
  return { kind, username, password: password.reveal() };
}
function unservedRegistries({ services, credentials }) {
  const unserved = services.flatMap(({ image, authConfig: authConfig2 }) => {
    if (image === void 0 || authConfig2 !== void 0) return [];
    const served = credentials.some(
      ({ registry, path }) => registry === image.registry && pathMatches(path, image.repository)
    );
    return served ? [] : [image.registry];
  });
  return [...new Set(unserved)];
}
async function readOwnCredentials(registries, userConfig, signal) {
  const found2 = await Promise.all(
    registries.map(async (registry) => {
      const plain2 = await ownCredential(registry, userConfig, signal);
      return plain2 === void 0 ? [] : [credentialOf(registry, plain2, userConfig)];
    })
  );
  return found2.flat();
}
function credentialOf(registry, { kind, username, password }, userConfig) {
  const secret = new Secret(password, username);
  return { origin: userConfig.name, config: userConfig.name, registry, path: "", username, password: secret, kind };
}
async function ownCredential(registry, { file, env, name }, signal) {
  const helper = helperFor(file, registry);
  if (helper === void 0) return storedCredential(file, registry);
  try {
    return await askHelper(helper, registry, env, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warning(`The credential helper ${helper} of ${name} gave nothing for ${registry}: ${messageOf(error)}`);
    return void 0;
  }
}
async function askHelper(helper, registry, env, signal) {
  const answer = await runProgram(`docker-credential-${helper}`, ["get"], { env, stdin: registryKey(registry), signal });
  if (answer.code !== 0) {
    if (/credentials not found/i.test(answer.stdout + answer.stderr)) return void 0;
    throw new Error(limited((answer.stderr || answer.stdout).trim()));
  }
  const { Username: username, Secret: password } = parsedAnswer(answer.stdout);
  if (typeof username !== "string" || typeof password !== "string")
    throw new Error("its answer has no Username and Secret");
  return { kind: username === "<token>" ? "identity-token" : "password", username, password };
}
function parsedAnswer(text3) {
  try {
    return Object(JSON.parse(text3));
  } catch {
    throw new Error("its answer is no JSON");
  }
}

// src/docker/swarm/failed-check.ts
var known = /* @__PURE__ */ new WeakMap();
async function withFailedChecks(tasks, engine, signal) {
  return Promise.all(tasks.map((task) => withFailedCheck(task, engine, signal)));
}
async function withFailedCheck(task, engine, signal) {
  const { State: state, ContainerStatus: container } = task.Status;
  if (state !== "complete" || !container?.ContainerID) return task;
  const answers = known.get(engine) ?? /* @__PURE__ */ new Map();
  known.set(engine, answers);
  const answer = answers.get(task.ID) ?? isUnhealthy2(container.ContainerID, engine, signal);
  answers.set(task.ID, answer);
  if (!await answer) return task;
  const desired = task.DesiredState === "complete" ? "shutdown" : task.DesiredState;
  return { ...task, DesiredState: desired, Status: { ...task.Status, State: "failed", Err: UNHEALTHY } };
}
var UNHEALTHY = "dockerexec: unhealthy container";
async function isUnhealthy2(id, engine, signal) {
  try {
    const { State: state } = await engine.get(`/containers/${id}/json`, { signal });
    return state?.Health?.Status === "unhealthy";
  } catch {
    return false;
  }
}

// src/docker/swarm/snapshot.ts
async function takeSnapshot(engine, ours, which, signal) {
  const ids = ours.map(({ ID }) => ID);
  const [read3, nodes] = await Promise.all([
    servicesAndTasks(engine, ids, which, signal),
    engine.get("/nodes", { signal })
  ]);
  const services = ours.map((one) => {
    const service = read3.services.find(({ ID }) => ID === one.ID);
    if (service === void 0) return [one.ID, { found: "removed" }];
    const tasks = read3.tasks.filter(({ ServiceID }) => ServiceID === one.ID);
    return [one.ID, { found: compare(one, service), service, tasks }];
  });
  return { services: new Map(services), nodes };
}
var AGAIN_MS = 500;
async function servicesAndTasks(engine, ids, which, signal) {
  const [services, tasks] = await Promise.all([
    servicesWith(engine, ids, signal),
    orGone(tasksOf(engine, ids, which, signal))
  ]);
  if (tasks !== void 0) return { services, tasks: await withFailedChecks(tasks, engine, signal) };
  const there = await servicesWith(engine, ids, signal);
  if (there.length === ids.length) await sleep(AGAIN_MS, signal);
  return servicesAndTasks(
    engine,
    there.map(({ ID }) => ID),
    which,
    signal
  );
}
async function servicesWith(engine, ids, signal) {
  if (ids.length === 0) return [];
  return engine.get("/services", { query: { filters: JSON.stringify({ id: ids }) }, signal });
}
async function tasksOf(engine, ids, which, signal) {
  if (ids.length === 0) return [];
  const filters = JSON.stringify({ service: ids, ...which === "up-to-date" && { "_up-to-date": ["true"] } });
  return engine.get("/tasks", { query: { filters }, signal });
}
async function orGone(reading) {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return void 0;
    throw error;
  }
}
async function allTasksOf(engine, services, signal) {
  const ids = services.map(({ ID }) => ID);
  return (await servicesAndTasks(engine, ids, "all", signal)).tasks;
}
function compare(ours, now) {
  if (now.Version.Index < ours.Version.Index) return "stale";
  if (now.Version.Index === ours.Version.Index || sameSpec(ours.Spec, now.Spec)) return "ours";
  return (now.UpdateStatus?.State ?? "").startsWith("rollback") ? "ours" : "changed";
}

// src/plan/observe.ts
async function observe(deployment, engine, signal) {
  const names = deployment.services.flatMap(({ name }) => siblingNames(name));
  const [services, nodes, info] = await Promise.all([
    servicesNamed(engine, names, signal),
    engine.get("/nodes", { signal }),
    engine.get("/info", { signal })
  ]);
  return { services, tasks: await allTasksOf(engine, services, signal), nodes, now: Date.parse(info.SystemTime) };
}
async function servicesNamed(engine, names, signal) {
  const filters = JSON.stringify({ name: names });
  const found2 = await engine.get("/services", { query: { filters }, signal });
  return found2.filter(({ Spec }) => names.includes(Spec.Name));
}

// src/plan/interim-spec.ts
var INTERIM_LABEL = "swarm-deploy.interim";
var THIRTY_DAYS_NANOSECONDS = 30 * 24 * 60 * 60 * 1e9;
function emptied(spec, run) {
  return withNote(withoutTasks(spec), {
    before: { replicas: spec.Mode.Replicated?.Replicas },
    meanwhile: { replicas: 0 },
    run
  });
}
function withCanaries(current, wanted, tasks, run) {
  const policy = {
    ...wanted.UpdateConfig,
    Parallelism: tasks,
    Delay: THIRTY_DAYS_NANOSECONDS,
    FailureAction: "pause",
    MaxFailureRatio: 0
  };
  const spec = { ...current, TaskTemplate: wanted.TaskTemplate, UpdateConfig: policy };
  return withNote(spec, { before: { policy: current.UpdateConfig }, meanwhile: { policy }, run });
}
function isInterim({ Labels: labels }) {
  return labels?.[INTERIM_LABEL] !== void 0;
}
function markOf({ Labels: labels }) {
  return parseNote(labels?.[INTERIM_LABEL]).run;
}
function sameMark(a, b) {
  return isInterim(a) && isInterim(b) && markOf(a)?.token === markOf(b)?.token;
}
function mayBeAlive({ until, hasLock: hadLock }, now, hasLock) {
  return until > now && !(hadLock && hasLock);
}
function withoutInterim(spec) {
  const { [INTERIM_LABEL]: note2, ...Labels } = spec.Labels ?? {};
  const { before, meanwhile } = parseNote(note2);
  const replicas = spec.Mode.Replicated?.Replicas;
  const isOurs = before.replicas !== void 0 && replicas === meanwhile.replicas;
  const { UpdateConfig: policy, ...rest } = spec;
  const theirs = meanwhile.policy ? policyOfTheirs(before.policy, meanwhile.policy, policy) : policy;
  return {
    ...rest,
    Labels,
    Mode: isOurs ? { Replicated: { Replicas: before.replicas } } : spec.Mode,
    TaskTemplate: allowingNodes(spec.TaskTemplate),
    ...theirs && { UpdateConfig: theirs }
  };
}
var NO_POLICY = { Parallelism: 1 };
function policyOfTheirs(before, meanwhile, theirs = {}) {
  const settings2 = /* @__PURE__ */ new Set([...Object.keys(meanwhile), ...Object.keys(theirs)]);
  const changed = [...settings2].filter((setting) => (theirs[setting] || 0) !== (meanwhile[setting] || 0));
  if (before === void 0 && changed.length === 0) return void 0;
  return { ...before ?? NO_POLICY, ...Object.fromEntries(changed.map((setting) => [setting, theirs[setting]])) };
}
function beforeInterim(service) {
  const { Spec: spec, PreviousSpec: previous } = service;
  if (!isInterim(spec)) return { current: service };
  const before = previous === void 0 || isInterim(previous) ? withoutInterim(spec) : previous;
  return { current: { ...service, Spec: before }, interim: spec };
}
function withNote(spec, note2) {
  return { ...spec, Labels: { ...spec.Labels, [INTERIM_LABEL]: toGoJson(note2) } };
}
function parseNote(label) {
  try {
    const { before = {}, meanwhile = {}, run } = parseGoJson(label ?? "");
    const mark = parseMark(run);
    return { before, meanwhile, ...mark && { run: mark } };
  } catch {
    return { before: {}, meanwhile: {} };
  }
}
var LONGEST_TEXT = 300;
var LATEST = 864e13;
function parseMark(value) {
  const { token, owner, url, until, hasLock } = value ?? {};
  if (typeof token !== "string" || typeof until !== "number") return void 0;
  const line = (text3) => (typeof text3 === "string" ? text3 : "").replace(/[\p{Cc}\s]+/gu, " ").slice(0, LONGEST_TEXT);
  const address = line(url);
  return {
    token,
    owner: line(owner) || "someone unknown",
    url: /^https?:\/\//.test(address) ? address : "",
    until: Math.min(until, LATEST),
    hasLock: hasLock === true
  };
}

// src/plan/plan.ts
var CONFIG_LABELS = ["swarm-deploy.auth.config", "gantry.auth.config"];
function planDeployment(deployment, loggedIn, observed, strategies) {
  const hasLock = deployment.lock !== void 0;
  const plans = deployment.services.map((request) => {
    const owner = givenAway(request.name, deployment.services, strategies);
    return owner === void 0 ? planService(request, loggedIn, observed, strategies, hasLock) : `service ${request.name}: blue-green needs this name for ${owner}: choose another for one of the two`;
  });
  return {
    services: plans.flatMap((plan) => typeof plan === "string" ? [] : [plan]),
    problems: plans.filter((plan) => typeof plan === "string")
  };
}
function givenAway(name, requests, strategies) {
  return requests.find((other) => {
    const { hasSecondService } = planOf(other, strategies);
    return hasSecondService && other.name !== name && siblingNames(other.name).includes(name);
  })?.name;
}
function planService(request, loggedIn, observed, strategies, hasLock) {
  const { name } = request;
  const colours = coloursFor(request, observed.services, planOf(request, strategies).hasSecondService);
  if (typeof colours === "string") return `service ${name}: ${colours}`;
  const found2 = colours === void 0 ? observed.services.find(({ Spec }) => Spec.Name === name) : colours.live;
  const busy = found2 && othersInterim(found2, observed.now, hasLock);
  if (busy !== void 0) return `service ${name}: ${busy}`;
  const { current = void 0, ...interim } = found2 === void 0 ? {} : beforeInterim(found2);
  if (current === void 0 && !request.create) {
    return `service ${name} does not exist on this swarm: correct its name, or add \`create: true\` to have it made`;
  }
  if (request.replicas !== void 0 && current !== void 0 && current.Spec.Mode.Replicated === void 0) {
    return `service ${name} is a ${modeName(current.Spec).replace("-", " ")} service: it has no replicas to set, leave \`replicas\` out`;
  }
  try {
    const access = chooseAccess(request, request.image ?? referenceOf(current), current, loggedIn);
    const currentAccess = accessToReturn2(request, current, loggedIn);
    return { request, current, access, currentAccess, ...colours && { colours }, ...interim };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `service ${name}: ${error.message}`;
  }
}
function coloursFor({ name, compose }, services, hasSecondService) {
  const named = services.find(({ Spec }) => Spec.Name === name);
  const owner = named && colourOf(named);
  if (owner !== void 0) {
    return `it is one of the two services of the blue-green service ${owner}, and may not be the one that has the traffic: write \`name: ${owner}\``;
  }
  if (!hasSecondService && !hasColours(name, services)) return void 0;
  const taken = hasSecondService ? nameTaken(name, services) : void 0;
  if (taken !== void 0) return taken;
  const colours = coloursOf(name, services);
  if ("problem" in colours) return colours.problem;
  if (hasSecondService) return colours;
  const live = colours.live?.Spec.Name;
  if (compose !== void 0 && live !== void 0 && live !== name) {
    return `it was deployed blue-green, and ${live} has its traffic: a stack would make a second ${name} beside it. Deploy it by \`services\`, or remove it first with \`docker service rm ${live}\`, which takes it down until the stack is deployed`;
  }
  return { ...colours, next: name };
}
function othersInterim({ Spec: spec }, now, hasLock) {
  const mark = markOf(spec);
  if (mark === void 0 || !mayBeAlive(mark, now, hasLock)) return void 0;
  const who = mark.url === "" ? mark.owner : `${mark.owner} (${mark.url})`;
  const until = new Date(mark.until).toISOString().replace(/T(.*)\..*/, " $1 UTC");
  return `${who} is in the middle of a deploy of it, which may last until ${until}: deploy again when that is over, and keep deploys of one service apart with \`concurrency\` or \`lock: true\`. If that run is gone, take back what it left with \`docker service rollback ${spec.Name}\`, and deploy again`;
}
function chooseAccess(request, image, current, loggedIn) {
  if (image === void 0) return void 0;
  return namedAccess(request, current, image, loggedIn) ?? matchingAccess(image, loggedIn.configs) ?? ownAccess(image, loggedIn);
}
function accessToReturn2(request, current, loggedIn) {
  try {
    return chooseAccess(request, referenceOf(current), current, loggedIn);
  } catch {
    return void 0;
  }
}
function namedAccess(request, current, image, { configs }) {
  const choice = namedConfig(request, current);
  if (choice === void 0) return void 0;
  const config = configs.find(({ name }) => name === choice.name);
  if (config === void 0) {
    const known2 = configs.length > 0 ? `the configs of this run are ${list(configs.map(({ name }) => name))}` : "this run has no configs";
    throw new UserError(
      `${choice.source} names the config ${choice.name}, but ${known2}: use one of them, or give \`registries\` an entry with \`config: ${choice.name}\``
    );
  }
  const credential = config.credentials.find(({ registry }) => registry === image.registry);
  if (credential === void 0) {
    throw new UserError(
      `${choice.source} names the config ${config.name}, which has no credential for ${image.registry}: add one to it, or leave the choice out`
    );
  }
  return { config, credential };
}
function namedConfig(request, current) {
  if (request.authConfig !== void 0) return { source: "`auth-config`", name: request.authConfig };
  const labels = request.labels ?? { ...current?.Spec.Labels, ...labelsOf(request.createArgs ?? []) };
  const label = CONFIG_LABELS.find((key) => labels[key]);
  return label === void 0 ? void 0 : { source: `its label ${label}`, name: labels[label] ?? "" };
}
function matchingAccess(image, configs) {
  const all = configs.flatMap((config) => config.credentials.map((credential) => ({ config, credential })));
  const candidates = all.filter(({ credential: { registry, path } }) => {
    return registry === image.registry && pathMatches(path, image.repository);
  });
  const longest = Math.max(...candidates.map(({ credential }) => credential.path.length));
  const [first, ...others] = candidates.filter(({ credential }) => credential.path.length === longest);
  if (first !== void 0 && others.length > 0) {
    const names = list([first, ...others].map(({ config, credential }) => `${config.name} (${credential.origin})`));
    throw new UserError(
      `the configs ${names} serve ${image.registry}/${image.repository} equally well: choose one with \`auth-config: ${first.config.name}\`, or give their registries longer paths`
    );
  }
  return first;
}
function ownAccess(image, { ownConfig }) {
  const credential = ownConfig?.credentials.find(({ registry }) => registry === image.registry);
  return ownConfig === void 0 || credential === void 0 ? void 0 : { config: ownConfig, credential };
}
function referenceOf(service) {
  const image = imageOf(service);
  if (image === void 0) return void 0;
  try {
    return parseReference(image);
  } catch {
    return void 0;
  }
}
function list(names) {
  return new Intl.ListFormat("en").format(names);
}

// src/docker/swarm/restart-policy.ts
var DEFAULT_DELAY_SECONDS = 5;
var NANOSECONDS3 = 1e9;
function restartDelaySeconds({ TaskTemplate: { RestartPolicy: policy } }) {
  return policy?.Delay === void 0 ? DEFAULT_DELAY_SECONDS : policy.Delay / NANOSECONDS3;
}
function isDecided({ DesiredState: desired }) {
  return desired !== "ready" && desired !== "running" && desired !== "complete";
}
function whyNoOther({ TaskTemplate: { RestartPolicy: policy } }, task) {
  const { Condition: condition = "any", MaxAttempts: attempts = 0, Window: window = 0 } = policy ?? {};
  if (condition === "none") return "its restart policy is none";
  const { State: state, ContainerStatus: container } = task.Status;
  const isComplete2 = state === "complete" || isUnhealthy(task) && container?.ExitCode === 0;
  if (condition === "on-failure" && isComplete2) return "its restart policy is on-failure (its exit code was 0)";
  if (attempts === 0) return "Swarm starts no other";
  const within = window > 0 ? ` within ${spoken(window / NANOSECONDS3)}` : "";
  return `its restart policy has no attempt left (max-attempts ${attempts}${within})`;
}
function turnsOf(ended, delaySeconds) {
  const turns = [];
  for (const task of [...ended].sort((a, b) => a.CreatedAt.localeCompare(b.CreatedAt))) {
    const turn = turns.at(-1);
    const first = turn?.[0];
    const isSameTurn = first !== void 0 && isRejected(first) && isRejected(task) && secondsBetween(first, task) < delaySeconds * LEEWAY;
    if (isSameTurn) turn?.push(task);
    else turns.push([task]);
  }
  return turns;
}
var LEEWAY = 0.9;
function isRejected({ Status: { State: state } }) {
  return state === "rejected";
}
function secondsBetween(earlier, later2) {
  return (Date.parse(later2.CreatedAt) - Date.parse(earlier.CreatedAt)) / 1e3;
}

// src/rollout/service-history.ts
var LONGEST_GAP_SECONDS = 10;
function historyBefore(tasksBefore, statusBefore) {
  return {
    earlierTasks: new Set(tasksBefore.map((task) => task.ID)),
    ...statusBefore === void 0 ? {} : { earlierStatus: statusBefore },
    runningSince: new Map(tasksKnownStable(tasksBefore).map((task) => [task.ID, Number.NEGATIVE_INFINITY])),
    unplacedSince: /* @__PURE__ */ new Map(),
    unallocatedSince: /* @__PURE__ */ new Map(),
    inStateSince: /* @__PURE__ */ new Map(),
    abandonedSince: /* @__PURE__ */ new Map(),
    endedTasks: /* @__PURE__ */ new Map()
  };
}
function tasksKnownStable(tasksBefore) {
  const hasEnded2 = tasksBefore.some((task) => isFailure2(task) || task.Status.State === "complete");
  return hasEnded2 ? [] : tasksBefore.filter(isRunning);
}
function withSnapshot(history, snapshot) {
  const { service, tasks, now } = snapshot;
  const firstReason = history.firstReason ?? swarmReason(updateStatusOf(history, service));
  const blind = Math.max(0, now - (history.seenAt ?? now) - LONGEST_GAP_SECONDS);
  return {
    ...history,
    runningSince: since(history.runningSince, idsOf(tasks.filter(isRunning)), now),
    seenAt: now,
    unplacedSince: since(later(history.unplacedSince, blind), idsOf(tasks.filter(isUnplaced)), now),
    unallocatedSince: since(later(history.unallocatedSince, blind), idsOf(tasks.filter(isUnallocated)), now),
    inStateSince: since(history.inStateSince, tasks.map(stateKey), now),
    abandonedSince: since(history.abandonedSince, abandonedSlots(service.Spec, currentTasks(service, tasks)), now),
    endedTasks: withEnded(history, service, tasks),
    ...firstReason === void 0 ? {} : { firstReason }
  };
}
function stateKey({ ID: id, Status: { State: state } }) {
  return `${id} ${state}`;
}
function idsOf(tasks) {
  return tasks.map((task) => task.ID);
}
function later(moments, seconds) {
  return seconds === 0 ? moments : new Map([...moments].map(([key, moment]) => [key, moment + seconds]));
}
function since(before, keys, now) {
  return new Map(keys.map((key) => [key, before.get(key) ?? now]));
}
function withEnded(history, service, tasks) {
  const ended = new Map(history.endedTasks);
  for (const task of currentTasks(service, tasks)) {
    if (history.earlierTasks.has(task.ID) || !hasEnded(service.Spec, task)) continue;
    const slot = slotOf(service.Spec, task);
    ended.set(slot, new Map(ended.get(slot)).set(task.ID, task));
  }
  return ended;
}
function abandonedSlots(spec, tasks) {
  const slots = [...bySlot(spec, tasks)];
  const abandoned = slots.filter(([, inSlot]) => {
    const last2 = newest(inSlot);
    return !inSlot.some(isLive) && last2 !== void 0 && hasEnded(spec, last2) && isDecided(last2);
  });
  return abandoned.map(([slot]) => slot);
}
function updateStatusOf({ earlierStatus }, { UpdateStatus: status }) {
  const isEarlier = status?.State === earlierStatus?.State && status?.Message === earlierStatus?.Message;
  return isEarlier ? void 0 : status;
}
function swarmReason(status) {
  const says = ["paused", "rollback_started", "rollback_paused"];
  return status !== void 0 && says.includes(status.State) ? limited(status.Message ?? "") || void 0 : void 0;
}

// src/rollout/service-snapshot.ts
function taskCounts({ service, tasks, eligibleNodes: eligibleNodes2 }) {
  const { wanted, counted } = countTasks(service, currentTasks(service, tasks), eligibleNodes2);
  const nodes = new Set(counted.map((task) => task.NodeID));
  return { wanted, running: counted.length, nodes: nodes.size };
}
function countTasks(service, tasks, nodes) {
  const { Spec: spec } = service;
  const slots = [...slotsThatCount(spec, tasks, nodes).values()];
  const running = slots.flatMap((inSlot) => inSlot.find(isRunning) ?? []);
  const complete2 = endsForGood(spec) ? slots.flatMap((inSlot) => completeTask(inSlot) ?? []) : [];
  const wanted = wantedTasks(spec) ?? nodes.length;
  return {
    wanted,
    counted: isJob(spec) ? complete2 : [...running, ...complete2],
    progress: progressText(spec, wanted, running.length, complete2.length)
  };
}
function completeTask(inSlot) {
  const last2 = newest(inSlot);
  return last2?.Status.State === "complete" && !inSlot.some(isRunning) ? last2 : void 0;
}
function isComplete(spec, { wanted, counted }) {
  return isGlobal(spec) ? counted.length >= wanted : counted.length === wanted;
}
function progressText(spec, wanted, running, complete2) {
  const tasks = wanted === 1 ? "task" : "tasks";
  if (isJob(spec)) return `${complete2}/${wanted} ${tasks} complete${running > 0 ? `, ${running} running` : ""}`;
  return `${running}/${wanted} ${tasks} running${complete2 > 0 ? `, ${complete2} complete` : ""}`;
}

// src/rollout/judge.ts
var REJECTIONS_UNTIL_FAILED = 3;
var CRASHES_UNTIL_FAILED = 5;
var UNPLACED_GRACE_SECONDS = 30;
var ABANDONED_GRACE_SECONDS = 3;
var DEFAULT_MONITOR_SECONDS = 5;
var NANOSECONDS4 = 1e9;
function judge(history, snapshot) {
  const bySwarm = swarmVerdict(history, snapshot.service);
  if (bySwarm?.state === "failed") return bySwarm;
  const stuck = stuckVerdict(history, snapshot);
  if (stuck !== void 0) return stuck;
  const { service, eligibleNodes: nodes } = snapshot;
  const tasks = currentTasks(service, snapshot.tasks);
  const counts = countTasks(service, tasks, nodes);
  const { progress } = counts;
  if (isUpdating(service)) return { state: "progressing", progress: `${progress}, ${updateNote(service)}` };
  if (!isComplete(service.Spec, counts)) {
    const hopeless = hopelessSlot(history, snapshot, tasks);
    if (bySwarm === void 0) return hopeless ?? { state: "progressing", progress };
    if (hopeless === void 0) return { state: "progressing", progress: `${progress}, rolled back by Swarm` };
    return { ...hopeless, cause: `${bySwarm.cause}; what it went back to does not come up: ${hopeless.cause}` };
  }
  if (bySwarm !== void 0) return bySwarm;
  if (counts.wanted === 0 && isGlobal(service.Spec)) {
    return { state: "failed", cause: "no node of the swarm is ready, active and allowed by its placement constraints" };
  }
  return wasWatchedBySwarm(history, snapshot) || isStable(history, snapshot, counts.counted) ? { state: "converged", progress } : { state: "progressing", progress: `${progress}, watched for ${snapshot.monitorSeconds} s` };
}
function judgeCanaries(history, snapshot, size) {
  const bySwarm = swarmVerdict(history, snapshot.service);
  if (bySwarm !== void 0) return bySwarm;
  const stuck = stuckVerdict(history, snapshot);
  if (stuck !== void 0) return stuck;
  const last2 = lastEnded(history);
  if (last2 !== void 0) return { state: "failed", cause: `its task ${ending(last2)}`, taskId: last2.ID };
  const { counted } = countTasks(snapshot.service, snapshot.tasks, snapshot.eligibleNodes);
  const progress = `${counted.length}/${size} canary ${size === 1 ? "task" : "tasks"} running`;
  if (counted.length < size) return { state: "progressing", progress };
  return isStable(history, snapshot, counted) ? { state: "converged", progress } : { state: "progressing", progress: `${progress}, watched for ${snapshot.monitorSeconds} s` };
}
function judgeTrial(history, snapshot) {
  const last2 = lastEnded(history);
  if (last2 !== void 0) return { state: "failed", cause: `its task ${ending(last2)}`, taskId: last2.ID };
  const counts = countTasks(snapshot.service, currentTasks(snapshot.service, snapshot.tasks), snapshot.eligibleNodes);
  const state = isComplete(snapshot.service.Spec, counts) ? "converged" : "progressing";
  return { state, progress: counts.progress };
}
function judgeEnding(_history, { tasks }) {
  const left = tasks.filter(mayHaveContainer).length;
  const progress = `${left} ${left === 1 ? "task has" : "tasks have"} not ended yet`;
  return { state: left === 0 ? "converged" : "progressing", progress };
}
function lastEnded({ endedTasks }) {
  return newest([...endedTasks.values()].flatMap((ended) => [...ended.values()]));
}
function monitorSecondsOf(spec) {
  const nanoseconds = spec.UpdateConfig?.Monitor ?? 0;
  return nanoseconds > 0 ? nanoseconds / NANOSECONDS4 : DEFAULT_MONITOR_SECONDS;
}
function taskNamedIn(message) {
  return /\btask ([a-z0-9]{20,})\b/.exec(message)?.[1];
}
function isUpdating(service) {
  const state = service.UpdateStatus?.State;
  return state === "updating" || state === "rollback_started";
}
function updateNote(service) {
  return service.UpdateStatus?.State === "rollback_started" ? "Swarm rolls back" : "Swarm updates";
}
function swarmRollsBack(history, service) {
  if (updateStatusOf(history, service)?.State !== "rollback_started") return void 0;
  const reason = history.firstReason ?? "the update failed";
  const taskId = taskNamedIn(reason);
  return { state: "rolled-back", cause: `Swarm rolled it back: ${reason}`, ...taskId && { taskId } };
}
function swarmVerdict(history, service) {
  const reason = history.firstReason ?? "the update failed";
  const taskId = taskNamedIn(reason);
  const named = taskId === void 0 ? {} : { taskId };
  switch (updateStatusOf(history, service)?.State) {
    case "paused":
      return { state: "failed", cause: `Swarm paused the update: ${reason}`, ...named };
    case "rollback_paused":
      return { state: "failed", cause: `Swarm's rollback failed too and is paused: ${reason}`, ...named };
    case "rollback_completed":
      if (history.earlierStatus?.State === "rollback_started") return void 0;
      return { state: "rolled-back", cause: `Swarm rolled it back: ${reason}`, ...named };
    default:
      return void 0;
  }
}
function stuckVerdict(history, { service, tasks, now }) {
  const isOverdue = (since2) => (task) => now - (since2.get(task.ID) ?? now) >= UNPLACED_GRACE_SECONDS;
  const current = currentTasks(service, tasks);
  const unplaced = current.filter(isUnplaced).find(isOverdue(history.unplacedSince));
  if (unplaced !== void 0)
    return { state: "failed", cause: `no node can take it: ${limited(unplaced.Status.Err ?? "")}` };
  if (!current.filter(isUnallocated).some(isOverdue(history.unallocatedSince))) return void 0;
  const cause = `the swarm has not allocated the networks of its task for ${UNPLACED_GRACE_SECONDS} s`;
  return { state: "failed", cause, isUnallocated: true };
}
function wasWatchedBySwarm(history, { service, monitorSeconds }) {
  const { UpdateConfig: policy } = service.Spec;
  return updateStatusOf(history, service)?.State === "completed" && policy?.FailureAction !== "continue" && monitorSeconds <= monitorSecondsOf(service.Spec) && history.endedTasks.size === 0;
}
function isStable(history, { now, monitorSeconds }, counted) {
  return counted.filter(isRunning).every((task) => now - (history.runningSince.get(task.ID) ?? now) >= monitorSeconds);
}
function hopelessSlot(history, snapshot, tasks) {
  const { Spec: spec } = snapshot.service;
  const slots = slotsThatCount(spec, tasks, snapshot.eligibleNodes);
  for (const [slot, from] of history.abandonedSince) {
    const last2 = newest(slots.get(slot) ?? []);
    if (last2 === void 0 || snapshot.now - from < ABANDONED_GRACE_SECONDS) continue;
    return { state: "failed", cause: `its task ${ending(last2)}, and ${whyNoOther(spec, last2)}`, taskId: last2.ID };
  }
  for (const [slot, ended] of history.endedTasks) {
    const inSlot = slots.get(slot);
    if (inSlot === void 0 || hasComeUp(history, snapshot, inSlot)) continue;
    const verdict = endlessVerdict(spec, [...ended.values()]);
    if (verdict !== void 0) return verdict;
  }
  return void 0;
}
function endlessVerdict(spec, ended) {
  const delay = restartDelaySeconds(spec);
  const turns = turnsOf(ended, delay);
  const rejections = turns.filter(([first]) => first?.Status.State === "rejected").length;
  const last2 = newest(ended);
  if (last2 === void 0 || rejections < REJECTIONS_UNTIL_FAILED && turns.length < CRASHES_UNTIL_FAILED) {
    return void 0;
  }
  const cause = rejections === turns.length ? `its task ${ending(last2)} (rejected ${rejections} times, with the restart delay of ${spoken(delay)} between)` : `its task ended ${turns.length} times in a row, the last one ${ending(last2)}`;
  return { state: "failed", cause, taskId: last2.ID };
}
function hasComeUp(history, snapshot, inSlot) {
  return inSlot.some((task) => isRunning(task) && isStable(history, snapshot, [task]));
}

// src/report/lint.ts
var NANOSECONDS5 = 1e9;
var RULES = [
  {
    finds: ({ spec, imageHealth }) => !isJob(spec) && hasNoHealthCheck(spec, imageHealth),
    advice: "no health check: Swarm takes a task for up as soon as its process runs. Add HEALTHCHECK to the image, or `--health-cmd` to the service"
  },
  {
    finds: ({ spec, meansGap }) => !meansGap && hasGapOnUpdate(spec),
    advice: (isOfStack2) => `stop-first with one replica: nothing answers while an update replaces the task. Use ${policyAdvice({ order: "start-first" }, isOfStack2)}, or more replicas`
  },
  {
    finds: ({ spec, imageHealth }, { monitorSeconds }) => (monitorSeconds ?? monitorSecondsOf(spec)) < startSecondsOf(spec, imageHealth),
    advice: (isOfStack2) => `monitor window shorter than the start period of the health check: what fails after the window counts as a good deploy. Use a longer \`monitor\` in \`${isOfStack2 ? "deploy.update_config" : "update-config"}\`, or the input \`monitor\` for all`
  },
  {
    finds: ({ spec }, { onFailure }) => onFailure === "keep" && !isJob(spec) && (spec.UpdateConfig?.FailureAction ?? "pause") === "pause",
    advice: (isOfStack2) => `failure action pause, and \`on-failure: keep\`: a failed update stays half done until somebody looks. Use \`on-failure: rollback\`, or ${policyAdvice({ failure_action: "rollback" }, isOfStack2)}`
  },
  {
    finds: ({ image }) => image !== void 0 && image.digest === void 0 && (image.tag ?? "latest") === "latest",
    advice: "image without a version (`latest`, or no tag): nobody can tell later what ran, and an earlier one cannot be named. Deploy a tag of its own for each build"
  }
];
function lint(services, deployment) {
  const ofServices = RULES.flatMap(({ finds, advice }) => {
    const found2 = services.filter((one) => finds(one, deployment)).map(({ name }) => name);
    if (found2.length === 0) return [];
    return [`${list2(found2)}: ${typeof advice === "string" ? advice : advice(deployment.stack !== void 0)}`];
  });
  const credentials = new Set(services.flatMap(({ credential }) => credential ?? []));
  return [...ofServices, ...[...credentials].flatMap((one) => tokenAdvice(one) ?? [])];
}
function hasNoHealthCheck({ TaskTemplate: { ContainerSpec: container } }, image) {
  const [kind] = container?.Healthcheck?.Test ?? [];
  return kind === void 0 ? image === "none" : kind === "NONE";
}
function hasGapOnUpdate({
  Mode: mode,
  UpdateConfig: update2,
  TaskTemplate: template,
  EndpointSpec: endpoint
}) {
  const mustStopFirst = (endpoint?.Ports ?? []).some(({ PublishMode }) => PublishMode === "host") || (template.ContainerSpec?.Mounts ?? []).some(({ Type, ReadOnly }) => Type !== "tmpfs" && ReadOnly !== true);
  return (mode.Replicated && (mode.Replicated.Replicas ?? 1) === 1 && update2?.Order !== "start-first") === true && !mustStopFirst;
}
function startSecondsOf({ TaskTemplate: { ContainerSpec: container } }, image) {
  const own = container?.Healthcheck?.StartPeriod;
  if (own !== void 0 && own > 0) return own / NANOSECONDS5;
  return image === void 0 || image === "none" || container?.Healthcheck?.Test?.[0] === "NONE" ? 0 : image.startSeconds;
}
var TOKENS = [
  {
    form: /^(?:ghp|gho|ghu)_|^github_pat_/,
    is: "a personal token of GitHub, which may well do more than pull",
    remedy: "give one of a machine account with only `read:packages`"
  },
  {
    form: /^ghs_/,
    is: "a job's own token, which ends with the job, so that a node cannot pull with it later",
    remedy: "give one that outlives the job, with only `read:packages`"
  },
  {
    form: /^glpat-/,
    is: "a personal token of GitLab",
    remedy: "give a deploy token with only `read_registry`"
  },
  {
    form: /^glcbt-/,
    username: "gitlab-ci-token",
    is: "a job's own token of GitLab, which ends with the job, so that a node cannot pull with it later",
    remedy: "give a deploy token with only `read_registry`"
  },
  {
    form: /^dckr_pat_/,
    is: "a personal token of Docker Hub",
    remedy: "give an organisation's token, or one with read-only scope of a machine account"
  },
  {
    username: "AWS",
    is: "a token of Amazon ECR, which ends after 12 hours, so that a node cannot pull with it later",
    remedy: "Amazon has none that lasts, so deploy again with a new one before a node has to pull"
  },
  {
    username: "00000000-0000-0000-0000-000000000000",
    is: "an access token of Azure, which ends after 3 hours, so that a node cannot pull with it later",
    remedy: "give a token of the registry with the scope map `_repositories_pull`"
  },
  {
    form: /^ya29\./,
    username: "oauth2accesstoken",
    is: "an access token of Google, which ends after one hour, so that a node cannot pull with it later",
    remedy: "give the user `_json_key` with the key of a service account that may only read"
  }
];
function tokenAdvice({ origin, registry, username, password }) {
  const token = TOKENS.find((one) => one.form?.test(password.reveal()) || one.username === username);
  if (token === void 0) return void 0;
  return `the password of ${username} for ${registry} (${origin}) is ${token.is}, and every node that runs a task stores it: ${token.remedy}`;
}
function list2(names) {
  return new Intl.ListFormat("en").format(names);
}

// src/report/advice.ts
var NANOSECONDS6 = 1e9;
var LOOK_TIMEOUT_MS = 2e3;
async function giveAdvice(rollouts, deployment, { engine }, strategies) {
  const signal = timeLimit(LOOK_TIMEOUT_MS);
  const known2 = /* @__PURE__ */ new Map();
  const linted = await inParallel(rollouts, deployment.maxParallel, async ({ checked: checked2, service, problem }) => {
    if (checked2.action === "unchanged" || service === void 0 || problem !== void 0) return [];
    const { request, access } = checked2;
    const { name, image } = request;
    const imageHealth = await imageHealthOf(service.Spec);
    return [
      {
        name,
        image,
        meansGap: planOf(request, strategies).meansGap,
        spec: service.Spec,
        credential: access?.credential,
        imageHealth
      }
    ];
  });
  for (const line of lint(linted.flat(), deployment)) log.notice(line, "Advice");
  async function imageHealthOf({ TaskTemplate: template }) {
    const container = template.ContainerSpec;
    if (container === void 0 || container.Healthcheck?.Test?.length) return void 0;
    const { Image: image } = container;
    const health = known2.get(image) ?? askFor(image);
    known2.set(image, health);
    return health;
  }
  async function askFor(image) {
    try {
      const { Config: config } = await engine.get(`/images/${image}/json`, { signal });
      const check2 = config?.Healthcheck;
      const [kind = "NONE"] = check2?.Test ?? [];
      return kind === "NONE" ? "none" : { startSeconds: (check2?.StartPeriod ?? 0) / NANOSECONDS6 };
    } catch {
      return void 0;
    }
  }
}

// src/result.ts
var GOOD = ["created", "updated", "unchanged", "removed"];
function isGood({ outcome }) {
  return GOOD.includes(outcome);
}

// src/rollout/superseded.ts
function bySomeoneElse(what, when, service = "it") {
  const advice = ", and theirs stands: keep deploys of one service apart with `concurrency`";
  return `someone else ${what} ${service} ${when}${when === "at the same moment" ? advice : ""}`;
}
function superseded(what, when, service) {
  return { outcome: "superseded", cause: bySomeoneElse(what, when, service) };
}

// src/rollout/under-way.ts
function noteSending(checked2) {
  note({ service: stateOf(checked2, "sending") });
}
function noteSent({ checked: checked2, service, problem }) {
  if (checked2.action === "unchanged" || service === void 0 || problem !== void 0) return;
  const state = stateOf(checked2, "sent");
  note({ service: { ...state, ours: [...state.ours, fingerprint(service.Spec)] } });
}
function noteMoving({ checked: checked2 }) {
  if (checked2.action !== "unchanged") note({ service: stateOf(checked2, "moving") });
}
function stateOf(checked2, phase) {
  const { name } = checked2.request;
  const interim = checked2.action === "update" ? checked2.interim : void 0;
  const current = currentOf(checked2);
  return {
    name,
    service: checked2.action === "switch" ? checked2.second.name : name,
    action: checked2.action === "update" ? "update" : "create",
    phase,
    before: current === void 0 ? "" : fingerprint(current.Spec),
    ours: [checked2.wanted, ...interim === void 0 ? [] : [interim]].map(fingerprint),
    interim: interim === void 0 ? "" : fingerprint(interim)
  };
}

// src/rollout/interim.ts
var SEND_TIMEOUT_MS = 12e4;
var SETTLING_MS = 45e3;
var LOOK_EVERY_MS = 1e3;
function markFor({ token, owner, url }, deployment, { now }) {
  const until = now + lifetimeOf(deployment) * 1e3;
  return { token, owner, url, until, hasLock: deployment.lock !== void 0 };
}
function untouched(checked2) {
  return { checked: checked2, service: currentOf(checked2), sentAt: nowMs() };
}
async function sendInterim(checked2, spec, credential, { engine }) {
  const { current } = checked2;
  noteSending({ ...checked2, interim: spec });
  const sent = untouched(checked2);
  const signal = timeLimit(SEND_TIMEOUT_MS);
  try {
    const given = await give(current, checked2.interim, spec, credential, engine, signal);
    const service = await findService(engine, current.ID, signal);
    if (given !== "done") return { ...sent, service, problem: superseded(given, "at the same moment") };
    if (service === void 0 || !sameMark(service.Spec, spec) || !sameSpec(service.Spec, spec)) {
      return {
        ...sent,
        checked: { ...checked2, interim: spec },
        service,
        problem: superseded("changed", "at the same moment")
      };
    }
    const rollout = { ...sent, checked: { ...checked2, interim: service.Spec }, service };
    noteSent(rollout);
    return rollout;
  } catch (error) {
    const cause = `its first step could not be sent: ${messageOf(error)}`;
    return { ...sent, checked: { ...checked2, interim: spec }, problem: { outcome: "failed", cause } };
  }
}
async function give(current, earlier, spec, credential, engine, signal) {
  if (earlier !== void 0) {
    const given = await updateSpec(engine, current.ID, [earlier], current.Spec, { from: "previous-spec" }, signal);
    if (given !== "done") return given;
  }
  return updateSpec(engine, current.ID, [current.Spec], spec, credential, signal);
}
function begunWith(rollouts, what, signal) {
  const culprits = rollouts.filter(({ problem: problem2 }) => problem2 !== void 0).map(({ checked: checked2 }) => checked2.request.name);
  if (culprits.length === 0 && !signal.aborted) return { services: rollouts.map(({ checked: checked2 }) => checked2) };
  const problem = signal.aborted ? { outcome: "cancelled", cause: "the run was stopped before it was sent" } : { outcome: "skipped", cause: `not sent, because ${what} ${culprits.join(", ")} failed` };
  const ended = rollouts.map(
    (rollout) => rollout.problem !== void 0 || rollout.checked.action === "unchanged" ? rollout : { ...rollout, problem }
  );
  return { services: [], ended };
}
async function tidyInterims(rollouts, { connection: { engine }, signal: stop }) {
  const touched = rollouts.flatMap(({ checked: checked2 }) => {
    if (checked2.action !== "update" || checked2.interim === void 0) return [];
    return [{ name: checked2.request.name, current: checked2.current, interim: checked2.interim }];
  });
  await Promise.all(
    touched.map(async (one) => {
      try {
        await tidyOne(one, engine, stop);
      } catch (error) {
        log.warning(
          `${one.name}: something of a spec that was only meant for the way may be left, also for \`docker service rollback\`: ${messageOf(error)}`
        );
      }
    })
  );
}
async function tidyOne({ name, current, interim }, engine, stop) {
  const signal = timeLimit(SEND_TIMEOUT_MS);
  const deadline = nowMs() + SETTLING_MS;
  const isOver = () => nowMs() >= deadline;
  await poll(isForgotten, LOOK_EVERY_MS, isOver, stop);
  async function isForgotten() {
    const now = await findService(engine, current.ID, signal);
    if (now === void 0) return true;
    const { ID: id, Spec: spec, PreviousSpec: previous } = now;
    if (sameMark(spec, interim)) {
      await takeOut(name, now, current, interim, engine, signal);
      return false;
    }
    if (isInterim(spec) || previous === void 0 || !sameMark(previous, interim)) return true;
    if (isPaused(now)) return true;
    if (hasUnfinishedUpdate(now)) return false;
    return await updateSpec(engine, id, [spec], spec, { from: "spec" }, signal) !== "changed";
  }
}
async function takeOut(name, { ID: id, Spec: spec }, current, interim, engine, signal) {
  if (sameSpec(spec, interim)) {
    log.info(`${name}: goes back to what it was, for what it has was meant for the way only`);
    await updateSpec(engine, id, [spec], current.Spec, { from: "previous-spec" }, signal);
  } else {
    log.info(`${name}: what this run meant for the way only is taken out of somebody else's deploy`);
    await updateSpec(engine, id, [spec], withoutInterim(spec), { from: "spec" }, signal);
  }
}

// src/rollout/look.ts
var LOOK_EVERY_MS2 = 500;
var SPACE_MS = 100;
var STOPPED = "the run was stopped";
function pauseAfter(begunAt) {
  return Math.max(LOOK_EVERY_MS2, nowMs() - begunAt);
}
var SwarmUnseen = class extends Error {
  name = "SwarmUnseen";
  /** What that makes of all that has not settled. */
  outcome;
  constructor(outcome, message, cause) {
    super(message, { cause });
    this.outcome = outcome;
  }
};
function swarmReader({ connection: { engine }, signal, time }, which) {
  let seenAt = nowMs();
  let begunAt = Number.NEGATIVE_INFINITY;
  let next;
  const begin = async (asked) => {
    try {
      await sleep(Math.max(0, begunAt + SPACE_MS - nowMs()), signal).finally(() => {
        next = void 0;
      });
      const now = nowMs();
      begunAt = now;
      const snapshot = await takeSnapshot(engine, [...asked.values()], which, signal);
      seenAt = now;
      return snapshot;
    } catch (error) {
      if (signal.aborted) throw new SwarmUnseen("cancelled", STOPPED, error);
      const why = messageOf(error);
      throw time.isOver ? new SwarmUnseen(
        "timed-out",
        `the swarm has not been seen for the last ${secondsSince(seenAt)} s: ${why}`,
        error
      ) : new SwarmUnseen("failed", `the swarm can no longer be watched: ${why}`, error);
    }
  };
  return (ours) => {
    if (next === void 0) {
      const asked = /* @__PURE__ */ new Map();
      next = { asked, snapshot: begin(asked) };
    }
    for (const service of ours) next.asked.set(service.ID, service);
    return next.snapshot;
  };
}
function unseenAfter(progress, { message }) {
  return progress === "" ? message : `${progress}; ${message}`;
}
var STALE = "the manager that answers has not heard of it yet";
function lookAt(serviceId, { services, nodes }, judge2, history, monitorSeconds) {
  const seen = services.get(serviceId ?? "");
  if (seen === void 0 || seen.found === "removed") return { found: "removed" };
  const snapshot = serviceSnapshot(seen, nodes, monitorSeconds);
  if (seen.found !== "ours") return { found: seen.found, snapshot };
  const before = history ?? historyBefore(snapshot.tasks.filter((task) => !mayHaveContainer(task)));
  const now = withSnapshot(before, snapshot);
  return { found: "ours", snapshot, history: now, verdict: judge2(now, snapshot) };
}
function serviceSnapshot({ service, tasks }, nodes, monitorSeconds) {
  return {
    service,
    tasks,
    eligibleNodes: eligibleNodes(nodes, service.Spec.TaskTemplate.Placement),
    now: nowMs() / 1e3,
    monitorSeconds: monitorSeconds ?? monitorSecondsOf(service.Spec)
  };
}

// src/rollout/last-look.ts
async function withLastLook(rollouts, results, field) {
  const ours = rollouts.flatMap(({ service }, index) => {
    const result = results[index];
    const counts = service !== void 0 && result !== void 0 && isGood(result) && !isJob(service.Spec);
    return counts ? [service] : [];
  });
  if (ours.length === 0 || rollouts.length === 1) return results;
  try {
    const { services } = await swarmReader(field, "up-to-date")(ours);
    return results.map((result, index) => {
      const found2 = isGood(result) ? services.get(rollouts[index]?.service?.ID ?? "")?.found : void 0;
      if (found2 !== "removed" && found2 !== "changed") return result;
      const cause = bySomeoneElse(found2, "after it had come up");
      log.info(`${result.name}: ${cause}`);
      return { ...result, outcome: "superseded", cause };
    });
  } catch (error) {
    log.debug(`No last look: ${messageOf(error)}`);
    return results;
  }
}
function withLookAfterFailure(rollouts, results, field) {
  const ours = rollouts.map((one) => one.checked.action === "switch" ? { ...one, service: void 0 } : one);
  return withLastLook(ours, results, field);
}

// src/rollout/create-service.ts
async function createService(access, spec, engine, signal) {
  const auth = access === void 0 ? {} : { registryAuth: registryAuthHeader(access.credential) };
  let refusal;
  try {
    await engine.post("/services/create", { body: spec, mayRepeat: true, signal, ...auth });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.status !== 409) refusal = `docker refused to create ${spec.Name}: ${error.message}`;
    if (refusal !== void 0 && !isFailure(error)) return { problem: { outcome: "failed", cause: refusal } };
  }
  const service = await findService(engine, spec.Name, signal);
  if (service !== void 0 && sameSpec(spec, service.Spec)) return { service };
  if (refusal !== void 0) return { problem: { outcome: "failed", cause: refusal } };
  return { problem: superseded("deployed", "at the same moment", spec.Name) };
}

// src/rollout/renew-credential.ts
var SEND_TIMEOUT_MS2 = 12e4;
async function renewCredential({ current, currentAccess, request, interim }, { engine }, signal) {
  if (currentAccess === void 0 || interim !== void 0) return;
  if (isJob(current.Spec) || hasUnfinishedUpdate(current)) return;
  const credential = { from: "header", header: registryAuthHeader(currentAccess.credential) };
  try {
    const patience = AbortSignal.any([signal, timeLimit(SEND_TIMEOUT_MS2)]);
    await updateSpec(engine, current.ID, [current.Spec], current.Spec, credential, patience);
  } catch (error) {
    log.info(`${request.name}: the credential for a way back was not renewed: ${messageOf(error)}`);
  }
}

// src/rollout/second-service.ts
var DRAIN_SECONDS = 30;
async function makeSecond(checked2, { engine }, signal) {
  const sentAt = nowMs();
  const problem = await removeLeftovers(checked2, engine, signal);
  if (problem !== void 0) return { checked: checked2, sentAt, service: void 0, problem };
  const made = await createService(checked2.access, checked2.wanted, engine, signal);
  return { checked: checked2, sentAt, service: void 0, ...made };
}
async function removeLeftovers({ request, colours }, engine, signal, keep = false) {
  for (const leftover of colours?.leftovers ?? []) {
    const { ID: id, Spec: spec } = leftover;
    const now = await findService(engine, id, signal);
    if (now === void 0) continue;
    if (!sameSpec(now.Spec, spec)) return superseded("changed", "at the same moment", spec.Name);
    const taking = colours && takenFrom(leftover, colours);
    if (taking !== void 0) {
      const given = await updateSpec(engine, id, [spec], taking.spec, { from: "spec" }, signal);
      if (given === "changed") return superseded("changed", "at the same moment", spec.Name);
      log.info(`${request.name}: ${spec.Name} loses the traffic that a deploy which was killed has left to it`);
    }
    if (keep) continue;
    if (taking?.byLabels) await sleep(DRAIN_SECONDS * 1e3, signal);
    await remove(engine, `/services/${id}`, signal);
    log.info(`${request.name}: ${spec.Name}, which had no traffic, is removed`);
  }
  return void 0;
}

// src/rollout/send.ts
var READ_TIMEOUT_MS = 12e4;
var GRACE_MS = 1e3;
var LONG_GRACE_MS = 5e3;
function deploy(services, field, watch2) {
  const { connection, deployment, signal, time } = field;
  const ends = [afterwards(signal, GRACE_MS), time.over(LONG_GRACE_MS)];
  const end = AbortSignal.any(watch2 === void 0 ? ends : [...ends, afterwards(watch2.failed, LONG_GRACE_MS)]);
  return inParallel(services, deployment.maxParallel, async (checked2) => {
    const rollout = await sendOrNot(checked2);
    watch2?.add(rollout);
    return rollout;
  });
  async function sendOrNot(checked2) {
    const asItIs = { checked: checked2, service: currentOf(checked2), sentAt: nowMs() };
    if (checked2.action === "unchanged") return asItIs;
    const problem = whyNotSent(field, watch2);
    if (problem !== void 0) return { ...asItIs, problem };
    noteSending(checked2);
    const rollout = await send(checked2, connection, end).catch(
      (error) => unanswered(checked2, error, field, watch2)
    );
    noteSent(rollout);
    return rollout;
  }
}
function afterwards(signal, ms) {
  const end = new AbortController();
  signal.addEventListener("abort", () => setTimeout(() => end.abort(tooLong()), ms).unref(), { once: true });
  return end.signal;
}
function whyNotSent({ signal, time }, watch2) {
  if (signal.aborted) return { outcome: "cancelled", cause: "the run was stopped before it was sent" };
  if (time.isOver) return { outcome: "timed-out", cause: `not sent within ${time.seconds} s` };
  if (!watch2?.failed.aborted) return void 0;
  return { outcome: "skipped", cause: `not sent, because ${watch2.culprits.join(", ")} failed` };
}
async function send(checked2, connection, end) {
  log.info(describe(checked2));
  if (checked2.action === "switch") return makeSecond(checked2, connection, end);
  if (checked2.action === "create") return create(checked2, connection, end);
  await renewCredential(checked2, connection, end);
  return update(checked2, connection, end);
}
async function create(checked2, { engine }, end) {
  const sentAt = nowMs();
  const made = await createService(checked2.access, checked2.wanted, engine, readingTime(end));
  return { checked: checked2, sentAt, service: void 0, ...made };
}
async function update(checked2, connection, end) {
  const { access, current, interim, wanted } = checked2;
  const { ID: id, Spec: observed } = current;
  const sentAt = nowMs();
  const credential = access === void 0 ? { from: "spec" } : { from: "header", header: registryAuthHeader(access.credential) };
  try {
    const base = interim ?? observed;
    const given = await updateSpec(connection.engine, id, [base], wanted, credential, readingTime(end));
    const service = await read(connection, id, end);
    const isOurs = given === "done" && service !== void 0 && sameSpec(wanted, service.Spec);
    return isOurs ? { checked: checked2, sentAt, service } : overtaken(checked2, sentAt, service);
  } catch (error) {
    if (!(error instanceof EngineError) || isAnswerLost(error)) throw error;
    return refused(checked2, sentAt, error.message);
  }
}
function read({ engine }, name, end) {
  return findService(engine, name, readingTime(end));
}
function readingTime(end) {
  return AbortSignal.any([end, timeLimit(READ_TIMEOUT_MS)]);
}
function describe(checked2) {
  const { request, changes, access } = checked2;
  const auth = access === void 0 ? "without registry auth" : `config ${access.config.name}`;
  if (checked2.action === "update") return `${request.name}: update (${changes.join("; ")}), ${auth}`;
  if (checked2.action === "create") return `${request.name}: create, ${auth}`;
  const { name, live } = checked2.second;
  const beside = live === void 0 ? "" : ` beside ${live.Spec.Name} (${changes.join("; ")})`;
  return `${request.name}: create ${name}${beside}, ${auth}`;
}
function unanswered(checked2, error, { signal, time }, watch2) {
  const problem = () => {
    if (signal.aborted) return lost("cancelled", "the run was stopped before it answered");
    if (watch2?.failed.aborted) return lost("skipped", `it had not answered when ${watch2.culprits.join(", ")} failed`);
    return lost(time.isOver ? "timed-out" : "failed", messageOf(error));
  };
  return { checked: checked2, sentAt: nowMs(), service: currentOf(checked2), problem: problem() };
}
function lost(outcome, why) {
  return { outcome, cause: `it is not known whether the swarm took the change: ${why}`, isUnknown: true };
}
function refused(checked2, sentAt, said) {
  const cause = `docker refused to update it: ${said}`;
  return { checked: checked2, sentAt, service: checked2.current, problem: { outcome: "failed", cause } };
}
function overtaken(checked2, sentAt, service) {
  const problem = service === void 0 ? superseded("removed", "during this deploy") : superseded("changed", "at the same moment");
  return { checked: checked2, sentAt, service, problem };
}

// src/rollout/service-result.ts
var NOTHING_SEEN = { nodes: 0, running: 0, wanted: 0 };
var GOOD2 = { create: "created", switch: "created", update: "updated", unchanged: "unchanged" };
function goodOutcome({ checked: checked2 }) {
  return GOOD2[checked2.action];
}
function resultOf(rollout, outcome, snapshot, cause) {
  const { checked: checked2, sentAt } = rollout;
  const live = checked2.colours?.live;
  const service = snapshot?.service ?? rollout.service;
  const { nodes, running, wanted } = snapshot === void 0 ? NOTHING_SEEN : taskCounts(snapshot);
  return {
    name: checked2.request.name,
    action: actionOf(checked2),
    outcome,
    image: { before: imageOf(serviceBefore(checked2)), after: imageOf(service) },
    config: checked2.access?.config.name,
    nodes,
    tasks: { running, wanted },
    seconds: secondsSince(sentAt),
    ...checked2.colours && { live: live?.Spec.Name ?? checked2.colours.next },
    ...cause !== void 0 && { cause }
  };
}
function actionOf(checked2) {
  if (checked2.action !== "switch") return checked2.action;
  return checked2.second.live === void 0 ? "create" : "update";
}
function unwatchedResult(rollout) {
  const { problem } = rollout;
  if (problem === void 0) return resultOf(rollout, goodOutcome(rollout), void 0);
  const { outcome, cause, failedTask } = problem;
  return { ...resultOf(rollout, outcome, void 0, cause), ...failedTask && { failedTask } };
}
function givenUpResult(rollout, snapshot, culprits) {
  if (rollout.checked.action !== "unchanged") return resultOf(rollout, "rolled-back", snapshot);
  const cause = `nothing was sent to it, and it is not waited for any more, because ${culprits.join(", ")} failed`;
  return resultOf(rollout, "skipped", snapshot, cause);
}
function sayResult(result, { isWayBack = false }) {
  const { name, outcome, seconds, cause } = result;
  const said = isWayBack && isGood(result) ? "back" : outcome;
  log.info(`${name}: ${said} after ${seconds} s${cause === void 0 ? "" : `: ${cause}`}`);
  return result;
}

// src/docker/engine/events.ts
var BURST_MS = 20;
function swarmEvents(engine, signal) {
  const closing = new AbortController();
  const listening = AbortSignal.any([closing.signal, signal]);
  let ring;
  let open = false;
  const listen = async () => {
    open = true;
    try {
      const filters = JSON.stringify({ type: ["service", "node"] });
      for await (const _event of engine.lines("/events", { query: { filters }, signal: listening })) ring?.();
    } catch {
    } finally {
      open = false;
    }
  };
  return {
    async nextOrAfter(atTheLatestMs) {
      if (!open && !listening.aborted) void listen();
      const rung = new Promise((resolve2) => {
        ring = resolve2;
      });
      const clock = new AbortController();
      const time = sleep(atTheLatestMs, AbortSignal.any([clock.signal, listening])).catch(() => void 0);
      const settled = rung.then(() => sleep(BURST_MS));
      await Promise.race([settled, time]);
      clock.abort();
    },
    [Symbol.dispose]: () => closing.abort()
  };
}

// src/docker/swarm/network-allocation.ts
function allocationProblem(service, networks, asked) {
  const its = networksOf(service, networks);
  const missing = its.find(({ Driver: driver }) => !driver);
  if (missing !== void 0) {
    return `the swarm cannot allocate network ${missing.Name}: ${whyNot(missing, networks, asked)}`;
  }
  if (its.length === 0) return void 0;
  const pools = its.map((network) => `${network.Name} (${subnetsOf2(network).join(", ") || "without a subnet"})`);
  return `the swarm has no address for its task: ${pools.join(" or ")} has none left, or the manager's log says why`;
}
function networksOf({ Spec: spec }, networks) {
  const targets = [...spec.TaskTemplate.Networks ?? [], ...spec.Networks ?? []].map(({ Target }) => Target);
  const isPublished = (spec.EndpointSpec?.Ports ?? []).some(({ PublishMode: mode }) => mode !== "host");
  return networks.filter(
    ({ Id, Name, Ingress }) => targets.includes(Id ?? Name) || targets.includes(Name) || isPublished && Ingress
  );
}
function whyNot(missing, networks, asked) {
  const wanted = subnetsOf2(asked.find(({ Name }) => Name === missing.Name) ?? missing);
  for (const subnet of wanted) {
    const other = networks.find((one) => one !== missing && subnetsOf2(one).some((its) => overlap(its, subnet)));
    if (other !== void 0) return `its subnet ${subnet} is taken by ${other.Name}`;
  }
  return "its subnet may be that of another network, or the address pools of the swarm are used up";
}
function subnetsOf2({ IPAM: ipam }) {
  return (ipam?.Config ?? []).flatMap(({ Subnet: subnet }) => subnet ?? []);
}

// src/docker/swarm/nodes-left-out.ts
function leavesNodesOut({ Spec: spec }, nodes) {
  const { Placement: placement } = spec.TaskTemplate;
  return isGlobal(spec) && !isJob(spec) && eligibleNodes(nodes, placement).length < allowedNodes(nodes, placement).length;
}
function nodesLeftOut({ Spec: spec }, nodes, tasks, upToDate) {
  const { Placement: placement } = spec.TaskTemplate;
  const eligible = eligibleNodes(nodes, placement);
  const current = new Set(upToDate.map(({ ID }) => ID));
  return allowedNodes(nodes, placement).flatMap((node) => {
    const running = tasks.filter((task) => task.NodeID === node.ID && isRunning(task));
    if (eligible.includes(node) || running.some(({ ID }) => current.has(ID))) return [];
    if (node.Status.State !== "ready" && node.Status.State !== "unknown") return [{ node, why: "down" }];
    return node.Spec.Availability === "drain" ? [{ node, why: "drained" }] : [{ node, why: "paused", old: running[0] }];
  });
}
function oldTasksNote(leftOut2, nameOf2) {
  const olds = leftOut2.flatMap(({ node, old }) => {
    const [image] = old?.Spec?.ContainerSpec?.Image?.split("@", 1) ?? [];
    return old === void 0 ? [] : [`${nameOf2(node)}${image === void 0 ? "" : ` (${image})`}`];
  });
  if (olds.length === 0) return void 0;
  const [nodes, are, they] = olds.length === 1 ? ["node", "is", "it is"] : ["nodes", "are", "they are"];
  return `${nodes} ${olds.join(", ")} ${are} paused and still ${olds.length === 1 ? "runs" : "run"} what was before: Swarm replaces it when ${they} active again`;
}
function absenceNote(leftOut2, nameOf2) {
  const absent = leftOut2.filter(({ old }) => old === void 0).map(({ node, why }) => `${nameOf2(node)} (${why})`);
  return absent.length === 0 ? void 0 : `not on ${absent.join(", ")}`;
}

// src/docker/swarm/task-logs.ts
var HEADER_BYTES = 8;
var LENGTH_AT = 4;
function logLines(bytes) {
  const printed = isFramed(bytes) ? unframe(bytes) : bytes;
  return printed.toString("utf8").split(/\r?\n/).filter((line) => line.trim() !== "").map(limited);
}
var LAST_STREAM = 3;
function isFramed(bytes) {
  return bytes.length >= HEADER_BYTES && bytes.readUInt8(0) <= LAST_STREAM && bytes.readUIntBE(1, 3) === 0;
}
function unframe(bytes) {
  const parts = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + LENGTH_AT);
    parts.push(bytes.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts);
}

// src/rollout/waiting.ts
function waitingTask(history, snapshot) {
  const { service, now } = snapshot;
  const slots = slotsThatCount(service.Spec, currentTasks(service, snapshot.tasks), snapshot.eligibleNodes);
  const waiting = [...slots.values()].flatMap((inSlot) => {
    const last2 = newest(inSlot.filter(isLive)) ?? newest(inSlot);
    if (last2 === void 0 || isUp(service, inSlot)) return [];
    const before = newest(inSlot.filter((task) => task !== last2 && !isLive(task)));
    return [{ task: last2, seconds: now - (history.inStateSince.get(stateKey(last2)) ?? now), before }];
  });
  return waiting.sort((a, b) => b.seconds - a.seconds)[0];
}
function isUp({ Spec: spec }, inSlot) {
  const isComplete2 = endsForGood(spec) && newest(inSlot)?.Status.State === "complete";
  return isComplete2 || !isJob(spec) && inSlot.some(isRunning);
}
function waitingFor({ task, seconds, before }, service, place2, health) {
  const { State: state, Err: error = "", Message: message = "" } = task.Status;
  const since2 = `since ${Math.round(seconds)} s`;
  const said = error !== "" ? `: ${error}` : ORDINARY.test(message) ? "" : `: ${message}`;
  const delay = spoken(restartDelaySeconds(service.Spec));
  switch (state) {
    case "new":
      return `is new ${since2}: the swarm has not allocated its networks${said}`;
    case "allocated":
    case "pending":
      return `waits for a node ${since2}${said}`;
    case "assigned":
    case "accepted":
      return `waits${place2} ${since2}: the node has not begun with it${said}`;
    case "preparing":
      return `is being prepared${place2} ${since2}, which is above all the pull of its image${said}`;
    case "ready":
      return `is ready${place2} ${since2}, and waits for ${before === void 0 ? "the end of the task before it" : `the restart delay of ${delay}: the one before it ${ending(before)}`}${said}`;
    case "starting":
      return `is starting${place2} ${since2}${said}${health === void 0 ? "" : `: ${health}`}`;
    case "running":
      return `runs${place2} ${since2}${said}`;
    default:
      return `${ending(task)}${place2}, and the next one is due after the restart delay of ${delay}`;
  }
}
var ORDINARY = /^$|^(?:created|accepted|preparing|prepared|starting|started|pending task scheduling|scheduler (?:assigned|confirmed) .*)$/;
function updateWait({ Spec: { UpdateConfig: policy }, UpdateStatus: status }) {
  const delay = (policy?.Delay ?? 0) / 1e9;
  return status?.State === "updating" && delay > 0 ? `Swarm waits ${spoken(delay)} between its tasks (its update delay)` : void 0;
}

// src/rollout/diagnose.ts
var LOG_LINES = 20;
var LOG_SECONDS = 5;
var PATIENCE_SECONDS = 8;
async function diagnose(finding, evidence, engine) {
  const readings = readingsOf(engine);
  const [allocation, found2] = await Promise.all([
    finding.isUnallocated ? allocationOf(evidence, readings) : void 0,
    findFailedTask(finding.taskId, evidence, readings)
  ]);
  const cause = allocation ?? finding.cause;
  return found2 === void 0 ? { cause } : { cause: causeWith(cause, found2), failedTask: found2.failedTask };
}
async function diagnoseTimeout(cause, evidence, engine) {
  const readings = readingsOf(engine);
  const { history, snapshot, nodes, service } = evidence;
  const waiting = history && snapshot && waitingTask(history, snapshot);
  const [said, found2] = await Promise.all([
    waiting === void 0 ? void 0 : waitingWords(waiting, evidence, readings),
    findFailedTask(void 0, evidence, readings)
  ]);
  const waits = said === void 0 ? updateWait(service) : `its task ${said.withPlace}`;
  const whole = waits === void 0 ? cause : `${cause}; ${waits}`;
  if (found2 !== void 0) return { cause: causeWith(whole, found2), failedTask: found2.failedTask };
  if (waiting === void 0 || said === void 0) return { cause: whole };
  const { task } = waiting;
  const logs = await lastLines(task, readings);
  const node = nodeName(task.NodeID, nodes);
  return { cause: whole, failedTask: { id: task.ID, node, ending: said.withoutPlace, exitCode: void 0, logs } };
}
async function noteOnNodes({ service, nodes, snapshot }, engine) {
  if (!leavesNodesOut(service, nodes)) return void 0;
  const filters = JSON.stringify({ service: [service.ID], "desired-state": ["running"] });
  const tasks = await readingsOf(engine).get("/tasks", { filters });
  const leftOut2 = nodesLeftOut(service, nodes, tasks ?? [], snapshot?.tasks ?? []);
  const nameOf2 = ({ ID: id }) => nodeName(id, nodes) ?? id;
  const absence = absenceNote(leftOut2, nameOf2);
  if (absence !== void 0) log.info(`${service.Spec.Name}: ${absence}`);
  return oldTasksNote(leftOut2, nameOf2);
}
async function waitingWords(waiting, { service, nodes }, readings) {
  const { task } = waiting;
  const health = task.Status.State === "starting" ? await healthWords(task, service, readings) : void 0;
  const node = nodeName(task.NodeID, nodes);
  return {
    withPlace: waitingFor(waiting, service, node === void 0 ? "" : ` on node ${node}`, health),
    withoutPlace: waitingFor(waiting, service, "", health)
  };
}
async function allocationOf({ service, networks = [] }, readings) {
  const filters = JSON.stringify({ scope: ["swarm"] });
  const known2 = await readings.get("/networks", { filters });
  return known2 && allocationProblem(service, known2, networks);
}
async function findFailedTask(taskId, { service, history = historyBefore([]), nodes }, readings) {
  const named = taskId === void 0 ? void 0 : await readings.get(`/tasks/${taskId}`);
  const found2 = named ?? await newestFailedTask(service.ID, history, readings);
  if (found2 === void 0) return void 0;
  const task = await readings.told(found2);
  const [logs, check2] = await Promise.all([lastLines(task, readings), failedCheck(task, readings)]);
  const failedTask = {
    id: task.ID,
    node: nodeName(task.NodeID, nodes),
    ending: `${ending(task)}${check2}`,
    exitCode: task.Status.State === "rejected" ? void 0 : task.Status.ContainerStatus?.ExitCode,
    logs
  };
  return { failedTask, ending: ending(task) };
}
function causeWith(cause, { failedTask, ending: ending2 }) {
  return cause.includes(ending2) ? cause.replace(ending2, () => failedTask.ending) : `${cause}; the task ${failedTask.ending}`;
}
async function newestFailedTask(serviceId, history, readings) {
  const filters = JSON.stringify({ service: [serviceId] });
  const tasks = await readings.get("/tasks", { filters }) ?? [];
  const remembered = [...history.endedTasks.values()].flatMap((ended) => [...ended.values()]);
  const failed = [...tasks, ...remembered].filter((task) => isFailure2(task) && !history.earlierTasks.has(task.ID));
  return failed.sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt))[0];
}
async function failedCheck(task, readings) {
  if (!isUnhealthy(task)) return "";
  const last2 = lastFailure((await containerOf(task, readings))?.State?.Health);
  return last2 === void 0 ? "" : ` (${last2})`;
}
async function healthWords(task, service, readings) {
  const container = await containerOf(task, readings);
  const { Healthcheck: own, Image: image } = service.Spec.TaskTemplate.ContainerSpec ?? {};
  const ofImage = async () => (await readings.get(`/images/${encodeURI(image ?? "")}/json`))?.Config?.Healthcheck;
  const check2 = container ? effectiveCheck(container.Config?.Healthcheck, void 0) : effectiveCheck(own, await ofImage());
  return check2 && notYetHealthy(check2, container?.State?.Health);
}
async function containerOf({ Status: status }, readings) {
  const id = status.ContainerStatus?.ContainerID;
  return id ? readings.get(`/containers/${id}/json`) : void 0;
}
function nodeName(id, nodes) {
  const node = nodes.find(({ ID }) => ID === id);
  if (node === void 0) return id;
  const name = node.Description.Hostname;
  const sharesName = nodes.filter((other) => other.Description.Hostname === name).length > 1;
  return sharesName ? `${name} (${node.ID})` : name;
}
async function lastLines(task, readings) {
  if (!task.Status.ContainerStatus?.ContainerID) return [];
  const query = { stdout: "1", stderr: "1", tail: String(LOG_LINES) };
  const bytes = await readings.bytes(`/tasks/${task.ID}/logs`, query);
  return logLines(bytes ?? Buffer.alloc(0)).slice(-LOG_LINES);
}
function readingsOf(engine) {
  const whole = timeLimit(PATIENCE_SECONDS * 1e3);
  return {
    get: (path, query = {}) => orNothing(engine.get(path, { query, signal: whole })),
    bytes: (path, query) => {
      const signal = AbortSignal.any([whole, timeLimit(LOG_SECONDS * 1e3)]);
      return orNothing(engine.bytes(path, { query, signal }));
    },
    told: (task) => withFailedCheck(task, engine, whole)
  };
}
async function orNothing(reading) {
  try {
    return await reading;
  } catch (error) {
    log.debug(`Not read for the diagnosis: ${messageOf(error)}`);
    return void 0;
  }
}

// src/rollout/watched-service.ts
function settledAs(rollout, result) {
  return { rollout, result, diagnosed: Promise.resolve(result) };
}
function startWatching(rollout, observed) {
  const before = observed.tasks.filter(({ ServiceID }) => ServiceID === rollout.service?.ID);
  const status = rollout.checked.action === "unchanged" ? rollout.service?.UpdateStatus : void 0;
  return { rollout, history: historyBefore(before, status), progress: "" };
}
function settledUnseen({ rollout, progress, snapshot }, unseen, seconds) {
  const { outcome, message } = unseen;
  const cause = outcome === "timed-out" ? notSettled(seconds, unseenAfter(progress, unseen)) : message;
  return settledAs(rollout, resultOf(rollout, outcome, snapshot, cause));
}
function lookOnce(one, swarm, isLate, { deployment, connection: { engine }, time }, endsAtFailure) {
  const { rollout } = one;
  const seen = lookAt(
    rollout.service?.ID,
    swarm,
    endsAtFailure ? judgeAtOnce : judge,
    one.history,
    deployment.monitorSeconds
  );
  const settle = (outcome, cause) => resultOf(rollout, outcome, seen.snapshot, cause);
  const settled = (result, diagnosed = Promise.resolve(result)) => ({
    settled: { rollout, result, diagnosed }
  });
  if (seen.found === "stale") {
    return isLate ? settled(settle("timed-out", notSettled(time.seconds, STALE))) : { watched: one };
  }
  if (seen.found !== "ours") return settled(settle("superseded", bySomeoneElse(seen.found, "during this deploy")));
  const { snapshot, history, verdict } = seen;
  const { service } = snapshot;
  const evidence = { service, history, snapshot, nodes: swarm.nodes, networks: rollout.checked.networks };
  switch (verdict.state) {
    case "converged": {
      const result = settle(goodOutcome(rollout));
      return settled(result, withNote2(result, noteOnNodes(evidence, engine)));
    }
    case "progressing": {
      const { progress } = verdict;
      if (!isLate) return { watched: { rollout, history, progress, snapshot } };
      const cause = notSettled(time.seconds, progress);
      const result = settle("timed-out", cause);
      return settled(result, withDiagnosis(result, diagnoseTimeout(cause, evidence, engine)));
    }
    default: {
      const stays = service.UpdateStatus?.State === "paused" && deployment.onFailure !== "rollback";
      const advice = stays ? staysPaused(service.Spec.Name) : "";
      const result = settle(verdict.state, verdict.cause);
      return settled(result, withDiagnosis(result, diagnose(verdict, evidence, engine), advice));
    }
  }
}
var judgeAtOnce = (history, snapshot) => swarmRollsBack(history, snapshot.service) ?? judge(history, snapshot);
function notSettled(seconds, progress) {
  return `not settled within ${seconds} s: ${progress}`;
}
function staysPaused(name) {
  return `; it stays paused: deploy again to go on, or go back with \`docker service rollback ${name}\``;
}
async function withDiagnosis(result, diagnosis, advice = "") {
  const { cause, failedTask } = await diagnosis;
  return { ...result, cause: cause + advice, ...failedTask && { failedTask } };
}
async function withNote2(result, noted) {
  const note2 = await noted;
  return note2 === void 0 ? result : { ...result, note: note2 };
}

// src/rollout/watch.ts
async function watch(rollouts, field) {
  const watching = beginWatch(field);
  for (const rollout of rollouts) watching.add(rollout);
  return Promise.all((await watching.end()).map(({ diagnosed }) => diagnosed));
}
function beginWatch(field, endsAtFailure = false) {
  const { observed, connection, signal, time } = field;
  const read3 = swarmReader(field, "up-to-date");
  const startedAt = nowMs();
  const order = [];
  const settled = /* @__PURE__ */ new Map();
  const failure = new AbortController();
  let culprits = [];
  let watched = [];
  let isComplete2 = false;
  let complete2 = () => void 0;
  const completed2 = new Promise((resolve2) => {
    complete2 = resolve2;
  });
  let isOver = false;
  let wake = () => void 0;
  const settle = (one) => {
    const endsAll = endsAtFailure && !isGood(one.result) && one.result.outcome !== "cancelled";
    if (endsAll) sayResult(one.result, one.rollout);
    const diagnosed = endsAll ? one.diagnosed : one.diagnosed.then((result) => sayResult(result, one.rollout));
    settled.set(one.rollout, { ...one, diagnosed });
    if (!endsAll || isOver) return;
    culprits = [...culprits, one.result.name];
    failure.abort(tooLong());
  };
  const giveUp = (rollout, snapshot) => {
    const result = givenUpResult(rollout, snapshot, culprits);
    log.info(`${result.name}: not waited for any more, because ${culprits.join(", ")} failed`);
    settled.set(rollout, settledAs(rollout, result));
  };
  const add = (rollout) => {
    order.push(rollout);
    if (rollout.problem !== void 0) settle(settledAs(rollout, unwatchedResult(rollout)));
    else if (isOver) giveUp(rollout);
    else watched = [...watched, startWatching(rollout, observed)];
    isOver = failure.signal.aborted;
    wake();
  };
  const lookOn = async () => {
    var _stack = [];
    try {
      const events = __using(_stack, swarmEvents(connection.engine, signal));
      while (watched.length > 0 || !isComplete2) {
        if (watched.length === 0) {
          await new Promise((resolve2) => {
            wake = resolve2;
          });
          continue;
        }
        const looked = watched;
        const begunAt = nowMs();
        const isLate = time.isOver;
        const swarm = await readOrUnseen(looked);
        const left = looked.flatMap((one) => {
          const next = swarm instanceof SwarmUnseen ? { settled: settledUnseen(one, swarm, time.seconds) } : lookOnce(one, swarm, isLate, field, endsAtFailure);
          if ("settled" in next) {
            settle(next.settled);
            return [];
          }
          sayProgress(one, next.watched, startedAt);
          return [next.watched];
        });
        watched = [...left, ...watched.filter((one) => !looked.includes(one))];
        isOver = failure.signal.aborted;
        if (isOver) {
          for (const { rollout, snapshot } of watched) giveUp(rollout, snapshot);
          watched = [];
        }
        if (watched.length === 0) continue;
        const pauseMs = pauseAfter(begunAt);
        await (isComplete2 ? events.nextOrAfter(pauseMs) : Promise.race([completed2, sleep(pauseMs, signal).catch(() => void 0)]));
      }
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  };
  const readOrUnseen = async (looked) => {
    try {
      return await read3(looked.flatMap(({ rollout }) => rollout.service ?? []));
    } catch (error) {
      if (error instanceof SwarmUnseen) return error;
      throw error;
    }
  };
  const looking = lookOn();
  looking.catch(() => void 0);
  return {
    add,
    get culprits() {
      return culprits;
    },
    failed: failure.signal,
    async end() {
      isComplete2 = true;
      complete2();
      wake();
      await looking;
      return order.flatMap((rollout) => settled.get(rollout) ?? []);
    }
  };
}
function sayProgress(before, now, startedAt) {
  if (now.progress === before.progress) return;
  log.info(`${Math.round((nowMs() - startedAt) / 1e3)} s  ${now.rollout.checked.request.name}: ${now.progress}`);
}

// src/rollout/roll-out.ts
async function rollOut(services, field) {
  const { wait, onFailure } = field.deployment;
  if (!wait) return unwatched(await stage("Deploy", () => deploy(services, field)));
  const watch2 = beginWatch(field, onFailure === "rollback");
  const rollouts = await stage("Deploy", () => deploy(services, field, watch2));
  const settled = await stage("Watch", () => watch2.end());
  const inOrder = rollouts.flatMap((rollout) => settled.find((one) => one.rollout === rollout) ?? []);
  const diagnosed = inOrder.map((one) => one.diagnosed);
  if (!watch2.failed.aborted) {
    return { rollouts, results: await withLastLook(rollouts, await Promise.all(diagnosed), field) };
  }
  return { rollouts, results: inOrder.map(({ result }) => result), diagnosed };
}
function unwatched(rollouts) {
  return { rollouts, results: rollouts.map(unwatchedResult) };
}

// src/rollout/rollout.ts
function isChanged(rollout) {
  return rollout.checked.action !== "unchanged";
}
function interimOf(checked2) {
  return checked2.action === "update" ? checked2.interim : void 0;
}

// src/rollout/send-back.ts
var SEND_TIMEOUT_MS3 = 4e4;
var LOOK_EVERY_MS3 = 300;
var PLACEMENT_MS = 1e3;
var FIRST_TASK_MS = 300;
var PLACEMENT_LOOK_MS = 50;
function sendBack(changed, field) {
  return inParallel(changed, field.deployment.maxParallel, (rollout) => sendOneBack(rollout, field));
}
function sendFailedBack(changed, field, told) {
  return Promise.all(
    changed.map(
      (rollout) => sendOneBack(rollout, field, async () => {
        await told(rollout);
        if (rollout.checked.action === "update") await untilSwarmHasRolledBack(rollout.checked.current, field);
      })
    )
  );
}
async function sendOneBack(rollout, { connection: { engine } }, first = async () => void 0) {
  const { checked: checked2 } = rollout;
  const { name } = checked2.request;
  try {
    await first();
    const isUpdate = checked2.action === "update";
    const given = isUpdate ? await restore(checked2, rollout, engine) : await takeAway(checked2, rollout, engine);
    if (given === "changed" || given === "removed" && isUpdate) {
      return { rollout, state: "overtaken", cause: bySomeoneElse(given, "during this deploy") };
    }
    if (isUpdate) log.info(`${name}: sent back to ${imageOf(checked2.current)}`);
    else log.info(`${name}: ${checked2.action === "switch" ? `${checked2.second.name} ` : ""}removed again`);
    return { rollout, state: isUpdate ? "sent" : "removed" };
  } catch (error) {
    return { rollout, state: "failed", cause: `${messageOf(error)}${leftHalfWay(rollout)}` };
  }
}
async function restore(checked2, { service: deployed, problem, sentAt }, engine) {
  const { current, interim, wanted } = checked2;
  const signal = timeLimit(SEND_TIMEOUT_MS3);
  await untilOnNodes(current, sentAt, engine, signal);
  const sent = [...deployed === void 0 ? [] : [deployed.Spec], ...problem?.isUnknown ? [wanted] : []];
  const bases = [...sent, ...interim === void 0 ? [] : [interim, wanted]];
  return updateSpec(engine, current.ID, bases, current.Spec, credentialFor(checked2), signal);
}
async function takeAway(checked2, { service: created2 }, engine) {
  const { wanted } = checked2;
  const signal = timeLimit(SEND_TIMEOUT_MS3);
  const ours = [created2?.Spec ?? wanted, ...checked2.action === "switch" ? [checked2.second.routed] : []];
  const now = await findService(engine, created2?.ID ?? wanted.Name, signal);
  if (now === void 0) return "removed";
  if (!ours.some((spec) => sameSpec(now.Spec, spec))) return "changed";
  await remove(engine, `/services/${now.ID}`, signal);
  return "done";
}
async function untilSwarmHasRolledBack({ ID }, { connection: { engine }, signal: stop, time }) {
  const isOver = () => time.isOver;
  const hasRolledBack = async () => {
    const now = await findService(engine, ID, timeLimit(SEND_TIMEOUT_MS3));
    return now?.UpdateStatus?.State !== "rollback_started";
  };
  if (!isOver() && !stop.aborted) await poll(hasRolledBack, LOOK_EVERY_MS3, isOver, stop);
}
async function untilOnNodes({ ID }, sentAt, engine, signal) {
  const deadline = nowMs() + PLACEMENT_MS;
  await sleep(Math.max(0, sentAt + FIRST_TASK_MS - nowMs()), signal);
  const query = { filters: JSON.stringify({ service: [ID] }) };
  const areOnNodes = async () => !(await engine.get("/tasks", { query, signal })).some(isOnItsWayToANode);
  await poll(areOnNodes, PLACEMENT_LOOK_MS, () => nowMs() >= deadline, signal);
}
function leftHalfWay({ checked: checked2 }) {
  if (interimOf(checked2) === void 0) return "";
  const { kind } = checked2.request.strategy;
  return `; it may be left with a spec that was only meant for the way (${kind}, label ${INTERIM_LABEL}): the next deploy of it starts from what was before`;
}
function credentialFor({ access, currentAccess }) {
  if (currentAccess !== void 0) return { from: "header", header: registryAuthHeader(currentAccess.credential) };
  return { from: access === void 0 ? "spec" : "previous-spec" };
}

// src/rollout/way-back.ts
async function goBack(ended, field) {
  const { rollouts, results, diagnosed = results } = ended;
  const { deployment, signal, time } = field;
  const changed = changedServices(rollouts, results, deployment);
  const jobs = jobsThatStay(rollouts, results, deployment);
  if (changed.length + jobs.length === 0) return complete(rollouts, await Promise.all(diagnosed), deployment);
  time.beginWayBack();
  return stage("Roll back", async () => {
    const isBad = (rollout) => hasCause(results[rollouts.indexOf(rollout)]);
    const untold = (rollout) => diagnosed[rollouts.indexOf(rollout)];
    const others = sendBack(
      changed.filter((rollout) => !isBad(rollout)),
      field
    );
    const culprits = sendFailedBack(changed.filter(isBad), field, async (rollout) => untold(rollout));
    const restoring = [...await others, ...await culprits];
    const before = await Promise.all(diagnosed);
    const isWatched = deployment.wait && !signal.aborted;
    const restored = isWatched ? await watch([...restoredRollouts(restoring), ...jobs], field) : void 0;
    const after = resultsAfter(rollouts, before, restoring, restored).map((result, index) => {
      if (!jobs.some((rollout) => rollout === rollouts[index])) return result;
      const now = restored?.find(({ name }) => name === result.name);
      if (now === void 0) return isGivenUp(result) ? { ...result, ...UNWATCHED } : result;
      return now.outcome === result.outcome ? result : now;
    });
    return complete(rollouts, after, deployment);
  });
}
function hasCause(result) {
  return result?.cause !== void 0;
}
function changedServices(rollouts, results, deployment) {
  const keep = !allGoBack(results, deployment);
  if (results.every(isGood)) return [];
  return rollouts.filter(isChanged).filter((rollout) => {
    const before = results[rollouts.indexOf(rollout)];
    const { problem } = rollout;
    if (before === void 0 || before.outcome === "superseded") return false;
    const isSent = problem === void 0 || problem.isUnknown === true;
    return isHalfWay(rollout, before) || isSent && !keep && !wouldRunAgain(rollout);
  });
}
function allGoBack(results, { onFailure, onCancel }) {
  if (results.every(isGood)) return false;
  const stopped2 = results.some(({ outcome }) => outcome === "cancelled");
  return (stopped2 ? onCancel : onFailure) === "rollback";
}
function isHalfWay({ checked: checked2, problem }, { outcome }) {
  return interimOf(checked2) !== void 0 && (problem !== void 0 || outcome === "rolled-back");
}
function wouldRunAgain({ checked: checked2 }) {
  return checked2.action === "update" && isJob(checked2.wanted);
}
function jobsThatStay(rollouts, results, deployment) {
  if (!deployment.wait || !allGoBack(results, deployment)) return [];
  return rollouts.filter((rollout, index) => {
    const result = results[index];
    return result !== void 0 && (isGood(result) || isGivenUp(result)) && wouldRunAgain(rollout);
  });
}
function isGivenUp(result) {
  return result.outcome === "rolled-back" && !hasCause(result);
}
var UNWATCHED = { outcome: "cancelled", cause: STOPPED };
var JOB_STAYS = "a way back would run the old job again: its new spec stays";
function complete(rollouts, results, deployment) {
  const goesOn = (result) => result.cause === STOPPED ? { ...result, cause: `${STOPPED}; the swarm goes on by itself` } : result;
  return withJobs(rollouts, results.map(goesOn), deployment);
}
function withJobs(rollouts, results, deployment) {
  if (!allGoBack(results, deployment)) return results;
  return results.map((result, index) => {
    const rollout = rollouts[index];
    const isSent = rollout !== void 0 && (rollout.problem === void 0 || rollout.problem.isUnknown === true);
    if (!isSent || !wouldRunAgain(rollout) || result.outcome === "superseded") return result;
    log.info(`${result.name}: not sent back: ${JOB_STAYS}`);
    return isGood(result) ? { ...result, note: JOB_STAYS } : { ...result, cause: `${result.cause}; ${JOB_STAYS}` };
  });
}
function restoredRollouts(restoring) {
  return restoring.flatMap(({ rollout: { checked: checked2 }, state }) => {
    const sentAt = nowMs();
    if (state === "sent") return [{ checked: checked2, service: currentOf(checked2), sentAt, isWayBack: true }];
    if (state !== "removed" || checked2.action !== "switch" || checked2.second.live === void 0) return [];
    const { live } = checked2.second;
    return [{ checked: { ...checked2, action: "unchanged", current: live }, service: live, sentAt, isWayBack: true }];
  });
}
var RESTORED = "restored because of";
function isRestored(cause) {
  return cause?.startsWith(RESTORED) === true;
}
function resultsAfter(rollouts, results, restoring, restored) {
  const isCulprit = (result) => !isGood(result) && result.outcome !== "skipped" && hasCause(result);
  const culprits = results.filter(isCulprit).map(({ name }) => name);
  return results.map((result, index) => {
    const way = restoring.find(({ rollout }) => rollout === rollouts[index]);
    const now = restored?.find(({ name }) => name === result.name);
    return way === void 0 ? result : resultAfter(result, way, culprits, now);
  });
}
function resultAfter(before, way, culprits, restored) {
  const cause = before.cause ?? `${RESTORED} ${culprits.join(", ")}`;
  if (way.state === "failed") {
    const outcome = before.outcome === "cancelled" ? "cancelled" : "failed";
    return { ...before, outcome, cause: `${cause}; the way back failed too: ${way.cause}` };
  }
  if (way.state === "overtaken") {
    const outcome = before.outcome === "cancelled" ? "cancelled" : "superseded";
    return { ...before, outcome, cause: `${cause}; ${way.cause}` };
  }
  const { checked: checked2 } = way.rollout;
  const was = serviceBefore(checked2);
  if (was === void 0) return { ...gone(before), outcome: "rolled-back", cause: `${cause}; removed again` };
  const image = { before: before.image.before, after: imageOf(was) };
  if (restored === void 0 || restored.outcome === "cancelled") {
    const outcome = (restored ?? before).outcome === "cancelled" ? "cancelled" : "rolled-back";
    return { ...before, outcome, image, cause: `${cause}; the way back was sent and not watched` };
  }
  const { nodes, tasks, seconds } = restored;
  const again = checked2.action === "switch" ? `${before.live} has the traffic` : "what ran before runs again";
  const now = { ...before, image, nodes, tasks, seconds: toTenths(before.seconds + seconds) };
  if (restored.outcome === "superseded") return { ...now, outcome: "superseded", cause: `${cause}; ${restored.cause}` };
  return isGood(restored) ? { ...now, outcome: "rolled-back", cause: `${cause}; ${again}` } : { ...now, outcome: "failed", cause: `${cause}; the way back failed too: ${restored.cause ?? restored.outcome}` };
}
function gone(before) {
  return { ...before, image: { before: void 0, after: void 0 }, nodes: 0, tasks: { running: 0, wanted: 0 } };
}

// src/runner/run.ts
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
function identifyRun(env) {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt } = env;
  const token = randomUUID();
  if (!repository) {
    return { token, owner: redact(`${userInfo().username}@${hostname()}, process ${process.pid}`), url: "" };
  }
  const parts = [
    repository,
    env.GITHUB_WORKFLOW && `workflow ${env.GITHUB_WORKFLOW}`,
    env.GITHUB_JOB && `job ${env.GITHUB_JOB}`,
    id && `run ${id}${attempt && attempt !== "1" ? ` (attempt ${attempt})` : ""}`
  ];
  const url = env.GITHUB_SERVER_URL && id ? `${env.GITHUB_SERVER_URL}/${repository}/actions/runs/${id}` : "";
  return { token, owner: redact(parts.filter(Boolean).join(", ")), url: redact(url) };
}

// src/stack/make.ts
import { isDeepStrictEqual } from "node:util";

// src/stack/content-name.ts
import { createHash, scryptSync } from "node:crypto";
var VERSION_LABEL = "swarm-deploy.version-of";
var HASH_LABEL = "swarm-deploy.content";
var HASH_BYTES = 8;
var LONGEST_NAME2 = 64;
function contentHash(kind, name, content) {
  if (kind === "secret") return scryptSync(content, `swarm-deploy ${name}`, HASH_BYTES).toString("hex");
  return createHash("sha256").update(content).digest("hex").slice(0, HASH_BYTES * 2);
}
function versionName(name, hash) {
  return `${name.slice(0, LONGEST_NAME2 - hash.length - 1)}-${hash}`;
}

// src/stack/remove.ts
var RELEASE_SECONDS = 20;
var ASK_EVERY_MS = 500;
var READ_TIMEOUT_MS2 = 12e4;
var REMOVE_TIMEOUT_MS = 6e4;
function removeUnused(stack, { engine }, nameOf2) {
  return stage("Remove what is not used any more", async () => {
    const results = stack.prune ? await removeServices(stack, engine, nameOf2).catch((error) => [notPruned(stack, error)]) : [];
    await removeObjects(stack, engine).catch((error) => {
      log.warning(`What the stack ${stack.name} no longer needs was not removed: ${messageOf(error)}`);
    });
    return results;
  });
}
function notPruned({ name }, error) {
  return removal(name, nowMs(), void 0, `what its files no longer name was not removed: ${messageOf(error)}`);
}
async function removeServices(stack, engine, nameOf2) {
  const wanted = new Set(stack.services.map(({ name }) => name));
  const services = await readServices(engine);
  const surplus = services.filter((one) => isOfStack(stack, one.Spec.Labels) && !wanted.has(nameOf2(one)));
  return Promise.all(surplus.map((service) => removeService(service, engine)));
}
async function removeService(service, engine) {
  const startedAt = nowMs();
  const refusal = await tryToRemove(engine, `/services/${service.ID}`);
  say(`service ${service.Spec.Name}`, refusal);
  const cause = refusal === void 0 ? void 0 : `docker refused to remove it: ${refusal}`;
  return removal(service.Spec.Name, startedAt, imageOf(service), cause);
}
function removal(name, startedAt, before, cause) {
  return {
    name,
    action: "remove",
    outcome: cause === void 0 ? "removed" : "failed",
    image: { before, after: void 0 },
    config: void 0,
    nodes: 0,
    tasks: { running: 0, wanted: 0 },
    seconds: secondsSince(startedAt),
    ...cause === void 0 ? {} : { cause }
  };
}
async function removeObjects(stack, engine) {
  const signal = timeLimit(READ_TIMEOUT_MS2);
  const [services, known2] = await Promise.all([readServices(engine), knownObjects(engine, signal)]);
  for (const kind of ["secret", "config"]) {
    const old2 = known2[kind].filter((object) => isOld(stack, kind, object));
    for (const { ID, Spec } of unused(old2, ({ ID: ID2 }) => ID2, services)) {
      say(`${kind} ${Spec.Name}`, await tryToRemove(engine, `/${kind}s/${ID}`));
    }
  }
  if (!stack.prune) return;
  const old = known2.networks.filter(({ Name, Labels }) => isOfStack(stack, Labels) && !stack.networks.has(Name));
  for (const { Id, Name } of unused(old, ({ Id: Id2 }) => Id2, services)) {
    say(`network ${Name}`, await whenReleased(() => tryToRemove(engine, `/networks/${Id}`)));
  }
}
async function removeMade(objects, engine, stop) {
  if (objects.length === 0) return false;
  const used = await usedIds(engine);
  const left = await Promise.all(
    objects.map(async ({ kind, name, id }) => {
      const byHand = `\`docker ${kind} rm ${name}\``;
      if (id === void 0) {
        log.warning(`${kind} ${name}: it is not known whether the swarm made it. If nothing uses it: ${byHand}`);
        return true;
      }
      if (used?.has(id)) return false;
      const attempt = () => tryToRemove(engine, `/${kind}s/${id}`);
      const refusal = await (stop.aborted ? attempt() : whenReleased(attempt));
      if (refusal === void 0) log.info(`${kind} ${name}: removed again`);
      else log.warning(`${kind} ${name}, which this run has made, is left: ${refusal}. If nothing uses it: ${byHand}`);
      return refusal !== void 0;
    })
  );
  return left.includes(true);
}
async function usedIds(engine) {
  try {
    return new Set((await readServices(engine)).flatMap(({ Spec }) => referredIds(Spec)));
  } catch {
    return void 0;
  }
}
function readServices(engine) {
  return engine.get("/services", { signal: timeLimit(READ_TIMEOUT_MS2) });
}
function unused(objects, idOf, services) {
  const ids = unusedIds(objects.map(idOf), services);
  return objects.filter((object) => ids.includes(idOf(object)));
}
function isOld(stack, kind, { Spec }) {
  const wanted = stack.objects.filter((object) => object.kind === kind);
  if (!isOfStack(stack, Spec.Labels) || wanted.some(({ name }) => name === Spec.Name)) return false;
  const version = Spec.Labels?.[VERSION_LABEL] ?? Spec.Name;
  return stack.prune || wanted.some(({ versionOf }) => versionOf === version);
}
async function tryToRemove(engine, path) {
  try {
    await remove(engine, path, timeLimit(REMOVE_TIMEOUT_MS));
    return void 0;
  } catch (error) {
    return messageOf(error);
  }
}
async function whenReleased(removal2) {
  const deadline = nowMs() + RELEASE_SECONDS * 1e3;
  let refusal;
  const isReleased = async () => {
    refusal = await removal2();
    return refusal === void 0 || !/in use|active endpoints/i.test(refusal);
  };
  await poll(isReleased, ASK_EVERY_MS, () => nowMs() > deadline);
  return refusal;
}
function say(what, refusal) {
  if (refusal === void 0) log.info(`${what}: removed`);
  else log.warning(`${what} is no longer needed, but docker did not remove it: ${refusal}`);
}

// src/stack/make.ts
var MAKE_TIMEOUT_MS = 12e4;
var RELEASE_SECONDS2 = 60;
var ASK_EVERY_MS2 = 500;
async function makeObjects(stack, networks, { connection: { engine }, signal, time }) {
  const objects = [];
  try {
    const limit = AbortSignal.any([signal, time.over()]);
    await stage("Make networks, secrets and configs", () => makeAll(stack, networks, objects, engine, limit));
  } catch (error) {
    time.beginClosing();
    const isLeft = await removeMade(objects, engine, signal);
    if (signal.aborted) throw isLeft ? new CutOff(signal.reason) : signal.reason;
    if (error instanceof UserError || isLeft || !time.isOver) throw error;
    const said = error instanceof DOMException ? "" : `: ${messageOf(error)}`;
    const what = "before its networks, secrets and configs were made";
    throw new TimedOut(`timeout: the ${time.seconds} s were over ${what}${said}. They are taken away again`, {
      cause: error
    });
  }
  const ids = new Map(objects.map(({ kind, name, id = "" }) => [placeholder(kind, name), { id }]));
  return { objects, ids };
}
async function makeAll(stack, networks, objects, engine, signal) {
  const make2 = async (kind, name, create3) => {
    signal.throwIfAborted();
    const at = objects.push({ kind, name, id: void 0 }) - 1;
    try {
      const id = await create3();
      if (id === void 0) objects.pop();
      else objects[at] = { kind, name, id };
      return id !== void 0;
    } catch (error) {
      if (error instanceof UserError) objects.pop();
      throw error;
    }
  };
  for (const [name, body] of new Map(networks.map((one) => [one.Name, one]))) {
    await whenReleased2(stack, name, () => make2("network", name, () => makeNetwork(stack, engine, name, body)), signal);
    log.info(`network ${name}: created`);
  }
  for (const object of stack.objects) {
    const there = stack.known[object.kind].find(({ Spec }) => Spec.Name === object.name);
    if (there === void 0) {
      await make2(object.kind, object.name, () => makeOnce(engine, object));
      log.info(`${object.kind} ${object.name}: created`);
    } else if (isOfStack(stack, there.Spec.Labels)) await relabel(object, there, engine, signal);
  }
}
async function relabel({ kind, name, labels }, { ID, Version, Spec }, engine, signal) {
  if (isDeepStrictEqual(labels, Spec.Labels)) return;
  const query = { version: String(Version?.Index) };
  try {
    const body = { ...Spec, Labels: labels };
    await engine.post(`/${kind}s/${ID}/update`, { query, body, mayRepeat: true, signal });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const now = await engine.get(`/${kind}s/${ID}`, { signal });
    if (!isDeepStrictEqual(labels, now.Spec.Labels)) {
      throw new UserError(`the swarm refuses to change the labels of the ${kind} ${name}: ${error.message}`);
    }
  }
  log.info(`${kind} ${name}: labels changed`);
}
function bodyOf2({ name, labels, content, driver, templating }) {
  return {
    Name: name,
    Labels: labels,
    ...driver === void 0 ? { Data: content.toString("base64") } : { Driver: driver },
    ...templating === void 0 ? {} : { Templating: templating }
  };
}
async function makeOnce(engine, object) {
  const { kind, name } = object;
  const signal = timeLimit(MAKE_TIMEOUT_MS);
  try {
    return (await create2(engine, kind, bodyOf2(object), signal)).ID;
  } catch (error) {
    if (!isConflict(error)) throw refused2(error, `${kind} ${name}`);
    return (await engine.get(`/${kind}s/${encodeURIComponent(name)}`, { signal })).ID;
  }
}
async function makeNetwork(stack, engine, name, body) {
  const signal = timeLimit(MAKE_TIMEOUT_MS);
  try {
    return (await create2(engine, "network", body, signal)).Id;
  } catch (error) {
    if (!isConflict(error)) throw refused2(error, `network ${name}`, stack.networks.get(name));
    const same = (await listNetworks(engine, signal)).filter((one) => one.Name === name);
    const there = same.filter((one) => !isLeftover(one));
    const own = there.find(({ Labels: labels }) => isOfStack(stack, labels));
    if (own === void 0 && there.length > 0) throw refused2(error, `network ${name}`, stack.networks.get(name));
    return own?.Id;
  }
}
async function whenReleased2(stack, network, make2, signal) {
  const deadline = nowMs() + RELEASE_SECONDS2 * 1e3;
  if (await make2()) return;
  log.info(`network ${network}: one of this name is being removed: waiting until its last task is gone`);
  let isMade = false;
  const tryAgain = async () => {
    isMade = await make2();
    return isMade;
  };
  await poll(tryAgain, ASK_EVERY_MS2, () => nowMs() >= deadline, signal);
  signal.throwIfAborted();
  if (isMade) return;
  throw new UserError(
    `${stack.networks.get(network)}: the network ${network} was removed, and ${RELEASE_SECONDS2} s later something on the manager still holds it: look with \`docker network inspect ${network}\` there, and run this again when it is gone`
  );
}
function create2(engine, kind, body, signal) {
  return engine.post(`/${kind}s/create`, { body, mayRepeat: true, signal });
}
function isConflict(error) {
  return error instanceof EngineError && error.status === 409;
}
function refused2(error, what, place2) {
  if (!(error instanceof EngineError)) return error;
  const said = `the swarm refuses to make the ${what}: ${error.message}`;
  return new UserError(place2 === void 0 ? said : `${place2}: ${said}`);
}

// src/stack/read.ts
import { join as join3 } from "node:path";

// src/docker/cli/stack-capture.ts
async function captureStack(command, docker, engine, known2, socketPath, signal) {
  const capture = new Capture(known2);
  const result = await runAgainst((asked) => capture.answer(asked), command, docker, engine, socketPath, signal);
  const { warnings, rest } = heard(result.stderr);
  return {
    services: capture.services,
    networks: capture.networks,
    secret: capture.objects.secret,
    config: capture.objects.config,
    missing: capture.missing,
    warnings: shownOnce(result.code === 0 ? [...warnings, ...rest.split("\n")] : warnings),
    refusal: result.code === 0 ? void 0 : complaint({ ...result, stderr: rest })
  };
}
var Capture = class {
  services = [];
  networks = [];
  objects = { secret: [], config: [] };
  missing = { secret: [], config: [], network: [] };
  #known;
  constructor(known2) {
    this.#known = known2;
  }
  answer({ method, path, query, body }) {
    const [, noun = "", name] = /^\/(services|networks|secrets|configs)(?:\/(.+))?$/.exec(path) ?? [];
    const call = `${method} ${noun}${name === void 0 ? "" : "/"}`;
    switch (call) {
      case "GET services":
      case "GET networks":
        return found([]);
      case "GET networks/":
        return found(this.#network(name ?? ""));
      case "GET secrets/":
      case "GET configs/":
        return { status: 404, body: { message: `${noun.slice(0, -1)} ${name} not found` } };
      case "GET secrets":
        return found(namesIn(query).map((one) => this.#object("secret", one)));
      case "GET configs":
        return found(namesIn(query).map((one) => this.#object("config", one)));
      default:
        return method === "POST" && name === "create" ? this.#make(noun, body) : void 0;
    }
  }
  #make(noun, body) {
    if (noun === "services") this.services.push(body);
    if (noun === "networks") this.networks.push(body);
    if (noun === "secrets") this.objects.secret.push(body);
    if (noun === "configs") this.objects.config.push(body);
    return { status: 201, body: { ID: "captured", Id: "captured" } };
  }
  /** An external network. One that is missing is noted, and is there for docker: that is all there is to say of it. */
  #network(name) {
    const network = this.#known.networks.find(({ Name, Scope }) => Name === name && Scope === "swarm");
    if (network === void 0 && !this.missing.network.includes(name)) this.missing.network.push(name);
    return { Id: network?.Id ?? name, Name: name, Scope: "swarm" };
  }
  #object(kind, name) {
    const isOwn = this.objects[kind].some(({ Name }) => Name === name);
    const known2 = isOwn ? void 0 : this.#known[kind].find(({ Spec }) => Spec.Name === name);
    if (!isOwn && known2 === void 0 && !this.missing[kind].includes(name)) this.missing[kind].push(name);
    return { ID: known2?.ID ?? placeholder(kind, name), Version: { Index: 1 }, Spec: { Name: name, Labels: {} } };
  }
};
function found(body) {
  return { status: 200, body };
}
function namesIn(query) {
  const { name = {} } = JSON.parse(query.get("filters") ?? "{}");
  return Object.keys(name);
}
var LOGGED = /^time=\S+ level=\w+ msg=("(?:[^"\\]|\\.)*"|\S+).*$/;
function heard(stderr) {
  const lines = stderr.split(/\r?\n/);
  const logged = lines.flatMap((line) => LOGGED.exec(line)?.[1] ?? []);
  const blocks = blocksOf(lines.filter((line) => !LOGGED.test(line)));
  const isTitle = (block) => block?.trim() === "Ignoring deprecated options:";
  const isWarning = (block, index) => isTitle(blocks[index - 1]) || block.trim().startsWith("Ignoring unsupported options:");
  const printed = blocks.filter(isWarning).flatMap((block) => block.split("\n"));
  return {
    warnings: [...logged.map(unquoted), ...printed],
    rest: blocks.filter((block, index) => !isTitle(block) && !isWarning(block, index)).join("\n")
  };
}
function blocksOf(lines) {
  const blocks = [];
  let isOpen = false;
  for (const line of lines) {
    if (line.trim() === "") isOpen = false;
    else if (isOpen) blocks.at(-1)?.push(line);
    else isOpen = blocks.push([line]) > 0;
  }
  return blocks.map((block) => block.join("\n"));
}
function shownOnce(lines) {
  return [...new Set(lines.map((line) => foreignLine(line).trim()).filter((line) => line !== ""))];
}
function unquoted(text3) {
  return text3.startsWith('"') ? text3.slice(1, -1).replace(/\\(["\\])/g, "$1") : text3;
}

// src/stack/content.ts
function wantedObjects(request, captured2, known2, problems) {
  const wanted = /* @__PURE__ */ new Map();
  for (const kind of ["secret", "config"]) {
    for (const object of captured2[kind].map((body) => readSource(kind, body))) {
      const id = placeholder(kind, object.body.Name);
      const path = [`${kind}s`, object.key];
      try {
        const one = wantedObject(request, object, known2);
        checkName(one, known2[kind]);
        wanted.set(id, one);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        wanted.set(id, void 0);
        problems.push(`${placeOf(request.files, path)}: ${path.join(".")}: ${error.message}`);
      }
    }
  }
  return wanted;
}
function readSource(kind, body) {
  const { [SOURCE_LABEL]: label = "", ...Labels } = body.Labels ?? {};
  const [, source = "", key = body.Name, words = ""] = /^([a-z]+):([^:]*):(.*)$/s.exec(label) ?? [];
  return { kind, key, source, words, body: { ...body, Labels } };
}
function wantedObject(request, object, known2) {
  const { kind, key, source, body } = object;
  const content = source === "driver" ? Buffer.alloc(0) : contentOf(object, request.lookUp, request.directory);
  if (kind === "secret" && content.length > 0) hide(content.toString(), `secrets.${key}`);
  const hash = contentHash(kind, body.Name, content);
  const { Labels: labels = {}, Driver: driver, Templating: templating } = body;
  const common = { kind, content, driver, templating };
  const isFixed = source === "driver" || nameOf(request.adapted.files, `${kind}s`, key, request.lookUp) !== void 0;
  const plain2 = known2[kind].find(({ Spec }) => Spec.Name === body.Name);
  if (isFixed) {
    if (plain2 !== void 0) checkFixed(kind, plain2, hash, content);
    const isOthers = plain2 !== void 0 && plain2.Spec.Labels?.[HASH_LABEL] === void 0;
    const noted = isOthers ? labels : { ...labels, [HASH_LABEL]: hash };
    return { ...common, name: body.Name, versionOf: void 0, labels: noted };
  }
  const name = versionName(body.Name, hash);
  const version = known2[kind].find(({ Spec }) => Spec.Name === name);
  const isDockers = plain2?.Spec.Labels?.[NAMESPACE_LABEL] === request.name;
  const isMeant = isDockers && (version === void 0 || isInUse(plain2, known2) && !isInUse(version, known2));
  if (isMeant && plain2.Spec.Data === content.toString("base64")) {
    return { ...common, name: body.Name, versionOf: body.Name, labels };
  }
  if (isMeant && kind === "secret" && isInUse(plain2, known2)) {
    log.notice(
      `${placeOf(request.files, ["secrets", key])}: secrets.${key}: docker has made the secret ${body.Name}, and its content cannot be read and compared. So it is made once more as ${name}, and the tasks that use it restart, this one time`
    );
  }
  return { ...common, name, versionOf: body.Name, labels: { ...labels, [VERSION_LABEL]: body.Name } };
}
function isInUse({ ID }, { used }) {
  return used.has(ID);
}
function checkName({ kind, name }, known2) {
  const problem = objectNameProblem(name, `a ${kind}`);
  if (problem !== void 0) throw new UserError(problem);
  const similar = known2.find(({ Spec }) => Spec.Name !== name && Spec.Name.toLowerCase() === name.toLowerCase());
  if (similar !== void 0) {
    throw new UserError(`${name} and ${similar.Spec.Name}, which is there, are one name for Swarm: write another one`);
  }
}
function checkFixed(kind, { Spec: { Name: name, Labels, Data: data } }, wanted, content) {
  const hash = Labels?.[HASH_LABEL];
  const differs = data === void 0 ? hash !== void 0 && hash !== wanted : data !== content.toString("base64");
  if (differs) {
    throw new UserError(
      `the swarm has the ${kind} ${name} with another content, which cannot be changed: leave \`name\` out, then each content gets a name of its own, or write a new name`
    );
  }
  if (data === void 0 && hash === void 0) {
    log.warning(`the secret ${name} was not made by this action: it is taken as it is, for its content cannot be read`);
  }
}

// src/stack/read.ts
var DETACH_CLI = 26;
var KINDS = ["secret", "config"];
var MOST_COMMANDS = 4;
function readStack(request, connection, workspace, signal) {
  return stage("Read the stack", () => read2(request, connection, workspace, signal));
}
async function read2(request, connection, workspace, signal) {
  for (const notice of request.adapted.notices) log.notice(notice);
  for (const warning of request.adapted.warnings) log.warning(warning);
  const known2 = await knownToStack(request, connection, signal);
  const capture = (only) => captured(request, connection, known2, workspace, signal, only);
  const whole = await capture();
  const keys = serviceKeys(request.adapted.files);
  const alone = whole.refusal === void 0 || keys.length < 2 ? [] : await inParallel(keys, MOST_COMMANDS, capture);
  const all = together([whole, ...alone]);
  for (const warning of all.warnings.flatMap(withoutRestart)) log.warning(`docker stack deploy says: ${warning}`);
  const problems = [];
  const objects = wantedObjects(request, all, known2, problems);
  problems.push(...missingExternals(request, known2, all.missing));
  if (whole.refusal === void 0) requireAll(request, whole.services);
  else problems.push(...refusals(request, whole.refusal, alone));
  const ids = idsFor(objects, known2);
  const networks = all.networks.filter(({ Name }) => !isThere(Name, request, known2));
  const order = keys.map((key) => scoped(request, key));
  const services = all.services.toSorted((a, b) => order.indexOf(a.Name) - order.indexOf(b.Name)).flatMap((spec) => {
    const service = serviceRequest(request, spec, ids, networks);
    if (typeof service !== "string") return [service];
    problems.push(service);
    return [];
  });
  if (services.length === 0 && problems.length === 0) {
    problems.push(`${placeOf(request.files, [])}: there is no service in it: write at least one under \`services\``);
  }
  throwAll(services.length === 0 ? problems : []);
  return {
    name: request.name,
    services,
    objects: [...objects.values()].filter((one) => one !== void 0),
    networks: new Map(all.networks.map(({ Name }) => [Name, placeOfNetwork(request, Name)])),
    known: known2,
    prune: request.prune,
    problems,
    told: toldIds(objects, all.missing)
  };
}
async function knownToStack({ name }, { engine }, signal) {
  const filters = JSON.stringify({ label: [`${NAMESPACE_LABEL}=${name}`] });
  const [known2, services] = await Promise.all([
    knownObjects(engine, signal),
    engine.get("/services", { query: { filters }, signal })
  ]);
  return { ...known2, used: new Set(services.flatMap(({ Spec }) => referredIds(Spec))) };
}
var UNSUPPORTED = "Ignoring unsupported options: ";
function withoutRestart(warning) {
  if (!warning.startsWith(UNSUPPORTED)) return [warning];
  const others = warning.slice(UNSUPPORTED.length).split(", ").filter((key) => key !== "restart");
  return others.length === 0 ? [] : [`${UNSUPPORTED}${others.join(", ")}`];
}
async function captured(request, { docker, engine, configDirectory, cliVersion }, known2, workspace, signal, only) {
  const [first = "", ...others] = dockerFiles(request, cliVersion?.major, only);
  const number = only === void 0 ? "" : serviceKeys(request.adapted.files).indexOf(only) + 1;
  const folder = others.length > 0 ? await workspace.makeDirectory(`compose${number}`) : "";
  const paths = others.map((_, index) => join3(folder, `${index + 2}.yml`));
  await Promise.all(others.map((text3, index) => workspace.writeFile(paths[index] ?? "", text3)));
  const command = stackDeploy({
    name: request.name,
    directory: configDirectory,
    first,
    others: paths,
    cwd: request.directory,
    env: request.variables,
    knowsDetach: (cliVersion?.major ?? 0) >= DETACH_CLI
  });
  return captureStack(command, docker, engine, known2, workspace.socketPath(), signal);
}
function refusals(request, first, alone) {
  const keys = serviceKeys(request.adapted.files);
  const found2 = alone.flatMap(
    ({ refusal }, index) => refusal === void 0 ? [] : [locateComplaint(request.files, refusal, ["services", keys[index] ?? ""])]
  );
  const only = keys.length === 1 ? ["services", ...keys] : [];
  const isCommon = alone.every(({ refusal }) => refusal === first);
  return found2.length === 0 || isCommon ? [locateComplaint(request.files, first, only)] : [...new Set(found2)];
}
function requireAll(request, services) {
  const isHeard = (key) => services.some(({ Name }) => Name === scoped(request, key));
  const unheard = serviceKeys(request.adapted.files).filter((key) => !isHeard(key));
  if (unheard.length === 0) return;
  throw new UserError(
    `\`docker stack deploy\` does not say what it would deploy of ${unheard.join(", ")}: check which docker is first on the PATH of this step`
  );
}
function together(captures) {
  const once2 = (list3) => [...new Set(captures.flatMap(list3))];
  const byName = (list3) => [
    ...new Map(captures.flatMap(list3).map((one) => [one.Name, one])).values()
  ];
  return {
    services: byName(({ services }) => services),
    networks: byName(({ networks }) => networks),
    secret: byName(({ secret }) => secret),
    config: byName(({ config }) => config),
    missing: {
      secret: once2(({ missing }) => missing.secret),
      config: once2(({ missing }) => missing.config),
      network: once2(({ missing }) => missing.network)
    },
    warnings: once2(({ warnings }) => warnings)
  };
}
function serviceRequest(request, captured2, ids, networks) {
  const { Name: name } = captured2;
  const key = name.slice(scoped(request, "").length);
  const container = captured2.TaskTemplate.ContainerSpec;
  if (!container?.Image) {
    return `${placeOf(request.files, ["services", key])}: services.${key} has no \`image\`: build and push in an earlier step, and name the result here`;
  }
  try {
    const image = withTagDefault(parseReference(container.Image));
    const needed = new Set((captured2.TaskTemplate.Networks ?? []).map(({ Target }) => Target));
    const compose = {
      spec: withIds(captured2, ids),
      networks: networks.filter(({ Name }) => needed.has(Name)),
      isRerun: request.rerunJobs
    };
    const { strategy, policies } = request;
    const nothingElse = { env: {}, create: true, updateArgs: [], strategy, policies };
    return { name, image, labels: { ...container.Labels, ...captured2.Labels }, ...nothingElse, compose };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${placeOf(request.files, ["services", key, "image"])}: services.${key}.image: ${error.message}`;
  }
}
function idsFor(objects, known2) {
  const local = known2.networks.filter(({ Scope }) => Scope !== "swarm");
  const swarm = known2.networks.filter(({ Scope }) => Scope === "swarm");
  const networks = [...local, ...swarm].map(({ Id: id, Name }) => [Name, { id }]);
  const own = [...objects].flatMap(([captured2, object]) => {
    if (object === void 0) return [];
    const { kind, name } = object;
    const there = known2[kind].find(({ Spec }) => Spec.Name === name);
    return [[captured2, { id: there?.ID ?? placeholder(kind, name), name }]];
  });
  return new Map([...networks, ...own]);
}
function placeOfNetwork(request, network) {
  const path = keyOf(request, "networks", network);
  return path.length === 0 ? placeOf(request.files, path) : `${placeOf(request.files, path)}: ${path.join(".")}`;
}
function isThere(network, { name }, known2) {
  return known2.networks.some(({ Name, Labels }) => Name === network && Labels?.[NAMESPACE_LABEL] === name);
}
function missingExternals(request, known2, missing) {
  return [...KINDS, "network"].flatMap(
    (kind) => missing[kind].map((name) => {
      const place2 = placeOf(request.files, keyOf(request, `${kind}s`, name));
      const isLocal = kind === "network" && known2.networks.some((network) => network.Name === name);
      const how = kind === "network" ? "docker network create --driver overlay" : `docker ${kind} create`;
      const what = isLocal ? "exists on one node only" : "does not exist on this swarm";
      return `${place2}: the external ${kind} ${name} ${what}: make it with \`${how}\`, or correct its name`;
    })
  );
}
function toldIds(objects, missing) {
  const refused3 = [...objects].flatMap(([captured2, object]) => object === void 0 ? [captured2] : []);
  const absent = [...KINDS, "network"].flatMap((kind) => missing[kind].map((name) => placeholder(kind, name)));
  return /* @__PURE__ */ new Set([...refused3, ...absent]);
}

// src/rollout/until-first-problem.ts
function untilFirstProblem(items, stop, work) {
  const firstProblem = new AbortController();
  const signal = AbortSignal.any([stop, firstProblem.signal]);
  return Promise.all(
    items.map(async (item) => {
      try {
        const after = await work(item, signal);
        if (after.problem !== void 0) firstProblem.abort();
        return after;
      } catch (error) {
        if (signal.aborted) return item;
        firstProblem.abort();
        return { ...item, problem: { outcome: "failed", cause: messageOf(error) } };
      }
    })
  );
}

// src/rollout/watch-step.ts
function watchStep(ours, name, words, read3, judge2, { connection, observed, deployment, time, signal }, tasksBefore) {
  let history = tasksBefore && historyBefore(tasksBefore);
  let last2;
  let down;
  const look = async () => {
    const swarm = await read3([ours]);
    const seen = lookAt(ours.ID, swarm, judge2, history, deployment.monitorSeconds);
    if (seen.found === "ours") {
      history = seen.history;
      last2 = seen.snapshot;
    }
    return { seen, swarm };
  };
  const failure = async (outcome, cause, finding = {}) => {
    if (words.failed === void 0) return { outcome, cause };
    const evidence = { service: ours, history, snapshot: last2, nodes: observed.nodes };
    const { engine } = connection;
    const diagnosis = await (outcome === "timed-out" ? diagnoseTimeout(cause, evidence, engine) : diagnose({ ...finding, cause }, evidence, engine));
    return { outcome, ...diagnosis, cause: words.failed + diagnosis.cause };
  };
  const untilSettled = async (tooLate) => {
    let progress = "";
    for (; ; ) {
      const begunAt = nowMs();
      const looked = await look().catch((error) => {
        if (!(error instanceof SwarmUnseen) || error.outcome !== "timed-out") throw error;
        const cause = tooLate(unseenAfter(progress, error), void 0);
        return { outcome: "timed-out", cause: `${words.failed ?? ""}${cause}` };
      });
      if ("outcome" in looked) return looked;
      const { seen, swarm } = looked;
      switch (seen.found) {
        case "removed":
        case "changed":
          return superseded(seen.found, words.during);
        case "stale":
          if (time.isOver) return failure("timed-out", tooLate(STALE, void 0));
          break;
        case "ours": {
          const { verdict } = seen;
          if (verdict.state === "converged") return void 0;
          if (verdict.state !== "progressing") return failure("failed", verdict.cause, verdict);
          if (verdict.progress !== progress) log.info(`${name}: ${verdict.progress}`);
          progress = verdict.progress;
          if (time.isOver) return failure("timed-out", tooLate(progress, swarm));
        }
      }
      await sleep(pauseAfter(begunAt), signal);
    }
  };
  const whyDown = async () => {
    for (; ; ) {
      const begunAt = nowMs();
      const { seen } = await look();
      if (seen.found === "stale") {
        await sleep(pauseAfter(begunAt), signal);
        continue;
      }
      if (seen.found !== "ours") return superseded(seen.found, words.during);
      const { verdict } = seen;
      if (verdict.state === "converged") return void 0;
      if (verdict.state === "progressing") return failure("failed", `it did not stay up: ${verdict.progress}`);
      return failure("failed", verdict.cause, verdict);
    }
  };
  return {
    untilSettled,
    async stillUp() {
      down = await whyDown() ?? down;
      return down?.cause;
    },
    down: () => down,
    failure
  };
}

// src/runner/shell.ts
import { spawn } from "node:child_process";
var MOST_LINES = 20;
var MOST_BYTES = 64 * 1024;
var DRAIN_MS = 500;
async function runShell(command, options) {
  const { env, cwd, timeoutSeconds, signal } = options;
  signal.throwIfAborted();
  const child = spawn("sh", ["-c", command], { env, cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const endAll = () => killGroup(child.pid);
  const printed = new Tail();
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => printed.add(chunk));
  let isLate = false;
  const clock = setTimeout(() => {
    isLate = true;
    endAll();
  }, timeoutSeconds * 1e3);
  signal.addEventListener("abort", endAll);
  try {
    const code2 = await new Promise((resolve2, reject) => {
      child.once("error", reject);
      child.once("exit", (exitCode) => {
        endAll();
        const letGo = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, DRAIN_MS);
        child.once("close", () => {
          clearTimeout(letGo);
          resolve2(exitCode ?? 128);
        });
      });
    });
    signal.throwIfAborted();
    return { code: isLate ? void 0 : code2, lines: printed.lines() };
  } finally {
    clearTimeout(clock);
    signal.removeEventListener("abort", endAll);
  }
}
function killGroup(pid) {
  if (pid === void 0) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
var Tail = class {
  #bytes = Buffer.alloc(0);
  #lostBytes = 0;
  add(chunk) {
    const all = Buffer.concat([this.#bytes, chunk]);
    this.#bytes = all.subarray(-MOST_BYTES);
    this.#lostBytes += all.length - this.#bytes.length;
  }
  lines() {
    const [first = "", ...others] = this.#bytes.toString("utf8").split(/[\r\n]+/);
    const whole = this.#lostBytes > 0 ? others : [first, ...others];
    const lines = whole.filter((line) => line.trim() !== "").slice(-MOST_LINES);
    const isAll = this.#lostBytes === 0 || lines.length === MOST_LINES;
    const note2 = `(${this.#lostBytes.toLocaleString("en")} bytes or more before this are left out)`;
    return [...isAll ? [] : [note2], ...lines.map(limited)];
  }
};

// src/strategies/trial.ts
var TRIAL_KEYS = {
  hold: parseDuration,
  "check-command": (text3) => text3,
  "check-url": parseUrl
};
var TRIAL_CHECKS = ["check-command", "check-url"];
function trialOf(values) {
  const { hold = 0, "check-command": command, "check-url": url } = values;
  if (command !== void 0) return { holdSeconds: hold, check: { command } };
  return { holdSeconds: hold, ...url === void 0 ? {} : { check: { url } } };
}
var CHECK_EVERY_SECONDS = 10;
var ATTEMPTS = 3;
var PAUSE_SECONDS = 2;
var ATTEMPT_SECONDS = 30;
var LOOK_EVERY_SECONDS = 1;
var LEAST_BAD_STATUS = 400;
function longestTrial({ holdSeconds, check: check2 }) {
  return holdSeconds + (check2 === void 0 ? 0 : ATTEMPTS * (ATTEMPT_SECONDS + PAUSE_SECONDS));
}
async function trial(tasks, { holdSeconds, check: check2 }, stillUp, signal) {
  const startedAt = nowMs();
  const elapsed = () => (nowMs() - startedAt) / 1e3;
  if (holdSeconds > 0) log.info(`${tasks.name}: the new tasks have to stay up for ${holdSeconds} s`);
  if (check2 === void 0) return upUntil(holdSeconds);
  for (let due = 0; due !== void 0; due = nextCheck(due, elapsed(), holdSeconds)) {
    const failure = await upUntil(due) ?? await runCheck(tasks, check2, signal);
    if (failure !== void 0) return await stillUp() ?? failure;
  }
  return stillUp();
  async function upUntil(seconds) {
    for (; ; ) {
      const down = await stillUp();
      const left = seconds - elapsed();
      if (down !== void 0 || left <= 0) return down;
      await sleep(Math.min(left, LOOK_EVERY_SECONDS) * 1e3, signal);
    }
  }
}
function nextCheck(lastDue, now, holdSeconds) {
  if (lastDue >= holdSeconds) return void 0;
  return Math.min(holdSeconds, (Math.floor(now / CHECK_EVERY_SECONDS) + 1) * CHECK_EVERY_SECONDS);
}
async function runCheck(tasks, check2, signal) {
  for (let attempt = 1; ; attempt++) {
    const { failure, lines } = await attemptOf(tasks, check2, signal);
    const said = failure === void 0 ? "the check passed" : `the check failed: ${failure}`;
    const more = failure !== void 0 && attempt < ATTEMPTS;
    log.info(`${tasks.name}: ${said}${more ? `, tried again in ${PAUSE_SECONDS} s` : ""}`);
    for (const line of lines) log.info(`${tasks.name}:   ${line}`);
    if (failure === void 0) return void 0;
    if (attempt === ATTEMPTS) return `the check failed ${ATTEMPTS} times in a row: ${failure}`;
    await sleep(PAUSE_SECONDS * 1e3, signal);
  }
}
async function attemptOf(tasks, check2, signal) {
  if ("url" in check2) return { ...await askUrl(check2.url, signal), lines: [] };
  const env = environmentOf(tasks, process.env);
  const options = { env, cwd: basePath(process.env), timeoutSeconds: ATTEMPT_SECONDS, signal };
  try {
    const result = await runShell(check2.command, options);
    const failure = commandFailure(result);
    return { ...failure === void 0 ? {} : { failure }, lines: result.lines };
  } catch (error) {
    signal.throwIfAborted();
    return { failure: `check-command could not be started by sh: ${messageOf(error)}`, lines: [] };
  }
}
function environmentOf({ service, image }, env) {
  return { ...environmentForCommands(env), SWARM_DEPLOY_SERVICE: service, SWARM_DEPLOY_IMAGE: image ?? "" };
}
function commandFailure({ code: code2, lines }) {
  if (code2 === 0) return void 0;
  const ended = code2 === void 0 ? `had not ended after ${ATTEMPT_SECONDS} s` : `ended with exit code ${code2}`;
  const last2 = lines.at(-1);
  return `check-command ${ended}${last2 === void 0 ? "" : `: ${last2.trim()}`}`;
}
async function askUrl(url, signal) {
  const patience = AbortSignal.any([signal, timeLimit(ATTEMPT_SECONDS * 1e3)]);
  try {
    const response = await fetch(url, { signal: patience });
    await response.body?.cancel();
    return response.status < LEAST_BAD_STATUS ? {} : { failure: `check-url answered with status ${response.status}` };
  } catch (error) {
    signal.throwIfAborted();
    return { failure: `check-url ${networkFailure(error)}` };
  }
}
var NETWORK_FAILURES = {
  ECONNREFUSED: "could not be reached: connection refused",
  ECONNRESET: "broke the connection off",
  EAI_AGAIN: "could not be reached: its host name could not be looked up",
  ENOTFOUND: "could not be reached: there is no host of this name",
  UND_ERR_SOCKET: "broke the connection off"
};
var BLOCKED_PORT = "has a port that browsers do not ask, and neither does this action: use check-command with curl";
function networkFailure(error) {
  if (error.name === "TimeoutError") return `did not answer within ${ATTEMPT_SECONDS} s`;
  const cause = error.cause ?? error;
  const code2 = cause.code ?? "";
  const message = messageOf(cause);
  if (message === "bad port") return BLOCKED_PORT;
  return NETWORK_FAILURES[code2] ?? `could not be reached: ${message || code2}`;
}
function parseUrl(text3) {
  const url = URL.parse(text3);
  hideUserInfo(text3);
  if (url !== null && (url.username !== "" || url.password !== "")) {
    throw new UserError("there is a user name or password in it: leave them out, or use `check-command` with curl");
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return text3;
  throw new UserError(`${shown(withoutUserInfo(text3))} is no address: write one that begins with http:// or https://`);
}

// src/strategies/move-traffic.ts
var SEND_TIMEOUT_MS4 = 12e4;
async function moveTraffic(rollouts, results, field) {
  let moves = rollouts.flatMap((rollout) => moveOf(rollout) ?? []);
  const shared = { ...field, read: swarmReader(field, "up-to-date") };
  for (const step of [tryOut, giveRoutes, takeRoutes, keepOld]) {
    moves = await untilFirstProblem(moves, field.signal, (move, signal) => step(move, { ...shared, signal }));
    if (field.signal.aborted || moves.some(({ problem }) => problem !== void 0)) break;
  }
  const hasFailed = moves.some(({ problem }) => problem !== void 0);
  if (field.signal.aborted) moves = moves.map((move) => stopped(move, field));
  else if (!hasFailed) await Promise.all(moves.map((move) => removeOld(move, field)));
  else if (field.deployment.onFailure === "rollback") {
    field.time.beginWayBack();
    moves = await Promise.all(moves.map((move) => giveBack(move, field)));
  } else moves = moves.map(leftAside);
  return reportOf(moves, rollouts, results);
}
function leaveTraffic({ rollouts, results }) {
  return {
    rollouts,
    results: results.map((result, index) => {
      const move = rollouts[index] && moveOf(rollouts[index]);
      if (move === void 0 || rollouts[index]?.problem !== void 0) return result;
      const { outcome, cause = outcome } = result;
      const problem = isGood(result) ? {} : { problem: { outcome, cause } };
      return { ...result, ...leftAside({ ...move, ...problem }).problem };
    })
  };
}
function moveOf(rollout) {
  const { checked: checked2, service } = rollout;
  if (checked2.action !== "switch" || checked2.second.live === void 0 || service === void 0) return void 0;
  const { request, colours, second: next } = checked2;
  const { trial: asked, keepOld: keep } = request.strategy.settings;
  return { rollout, name: request.name, colours, next, old: checked2.second.live, service, trial: asked, keepOld: keep };
}
async function tryOut(move, field) {
  return throughTrial(move, move.trial, "trial", field);
}
async function giveRoutes(move, field) {
  const { name, next, old } = move;
  const { engine } = field.connection;
  const signal = timeLimit(SEND_TIMEOUT_MS4);
  noteMoving(move.rollout);
  const claim = await updateSpec(engine, old.ID, [old.Spec], claimedOld(move), { from: "spec" }, signal);
  if (claim !== "done") return { ...move, problem: whileMoving(old, claim) };
  log.info(`${name}: the traffic moves from ${old.Spec.Name} to ${next.name}`);
  if (next.routing.alias !== void 0) return makeAnew(move, field);
  const given = await updateSpec(engine, move.service.ID, [move.service.Spec], next.routed, { from: "spec" }, signal);
  const service = await findService(engine, move.service.ID, signal);
  if (given !== "done" || service === void 0) return { ...move, problem: whileMoving(move.service, given) };
  return { ...move, service, hasMoved: true };
}
async function makeAnew(move, field) {
  const { engine } = field.connection;
  const { checked: checked2 } = move.rollout;
  const signal = timeLimit(SEND_TIMEOUT_MS4);
  await remove(engine, `/services/${move.service.ID}`, signal);
  const made = await createService(checked2.access, move.next.routed, engine, signal);
  if ("problem" in made) return { ...move, problem: made.problem };
  const moved = { ...move, service: made.service, hasMoved: true };
  const result = await watchOne({ checked: checked2, service: made.service, sentAt: nowMs() }, field);
  return { ...moved, ...problemOf(result) };
}
async function takeRoutes(move, field) {
  const { name, next, old } = move;
  const { engine } = field.connection;
  const signal = timeLimit(SEND_TIMEOUT_MS4);
  const given = await updateSpec(engine, old.ID, [claimedOld(move)], retiredOld(move), { from: "spec" }, signal);
  const now = await findService(engine, old.ID, signal);
  if (given !== "done") return { ...move, problem: whileMoving(old, given) };
  if (now === void 0) return { ...move, problem: whileMoving(old, "removed") };
  if (next.routing.alias !== void 0) await untilStopped(now, name, field);
  log.info(`${name}: ${next.name} has the traffic`);
  return move;
}
function claimedOld({ old, name }) {
  return claimed(old.Spec, name);
}
function retiredOld(move) {
  return retired(claimedOld(move), routingToTake(move.next.routing, move.colours));
}
async function untilStopped(old, name, field) {
  const watching = watchStep(
    old,
    name,
    { during: "while its tasks ended" },
    swarmReader(field, "all"),
    judgeEnding,
    field
  );
  const problem = await watching.untilSettled((left) => `${field.time.seconds} s are over, and ${left}`);
  if (problem !== void 0) log.warning(`${name}: the tasks of ${old.Spec.Name} have not ended: ${problem.cause}`);
}
function whileMoving({ Spec }, given) {
  return superseded(given === "done" ? "changed" : given, "while its traffic moved", Spec.Name);
}
async function keepOld(move, field) {
  const { keepOld: keep = move.next.routing.alias === void 0 ? DRAIN_SECONDS : 0 } = move;
  if (keep === "until-next" || keep === 0) return move;
  log.info(`${move.name}: ${move.old.Spec.Name} stays for ${keep} s`);
  return throughTrial(move, { ...move.trial, holdSeconds: keep }, "time with the traffic", field);
}
async function throughTrial(move, asked, what, field) {
  const { name, next, service } = move;
  const words = { during: `during its ${what}`, failed: `the ${what} failed: ` };
  const watching = watchStep(service, name, words, field.read, judgeTrial, field);
  const onTrial = { name, service: next.name, image: imageOf(service) };
  const cause = await field.time.aside(longestTrial(asked), () => trial(onTrial, asked, watching.stillUp, field.signal));
  if (cause === void 0) return move;
  return { ...move, problem: watching.down() ?? await watching.failure("failed", cause) };
}
async function removeOld(move, { connection }) {
  const { name, old, keepOld: keep } = move;
  if (keep === "until-next") {
    log.info(`${name}: ${old.Spec.Name} stays until the next deploy`);
    return;
  }
  const signal = timeLimit(SEND_TIMEOUT_MS4);
  try {
    const now = await findService(connection.engine, old.ID, signal);
    if (now !== void 0 && !sameSpec(now.Spec, retiredOld(move))) {
      log.warning(`${name}: ${bySomeoneElse("changed", "after it had lost its traffic", old.Spec.Name)}, and it stays`);
      return;
    }
    await remove(connection.engine, `/services/${old.ID}`, signal);
    log.info(`${name}: ${old.Spec.Name} is removed`);
  } catch (error) {
    log.warning(`${name}: ${old.Spec.Name}, which has no traffic, was not removed: ${messageOf(error)}`);
  }
}
async function giveBack(move, field) {
  const { name, next, old, rollout } = move;
  const { engine } = field.connection;
  const signal = timeLimit(SEND_TIMEOUT_MS4);
  if (move.problem?.outcome === "superseded") return yieldTo(move, engine, signal);
  try {
    const now = await findService(engine, old.ID, signal);
    if (now !== void 0 && sameSpec(now.Spec, old.Spec)) return { ...move, hasMoved: false };
    const back = reclaimed(old.Spec, name, next);
    const given = await updateSpec(engine, old.ID, [claimedOld(move), retiredOld(move)], back, { from: "spec" }, signal);
    const service = await findService(engine, old.ID, signal);
    if (given !== "done" || service === void 0) throw new Error(whileMoving(old, given).cause);
    log.info(`${name}: the traffic goes back to ${old.Spec.Name}`);
    const checked2 = { ...rollout.checked, action: "unchanged", current: old };
    const { problem } = problemOf(await watchOne({ checked: checked2, service, sentAt: nowMs() }, field));
    if (problem !== void 0) throw new Error(problem.cause);
    if (await removeNew(move, engine, signal)) {
      await updateSpec(engine, old.ID, [back], old.Spec, { from: "spec" }, signal);
    }
    return { ...move, hasMoved: false };
  } catch (error) {
    const failed = `the way back failed too: ${messageOf(error)}; both ${old.Spec.Name} and ${next.name} stay`;
    return {
      ...move,
      problem: { outcome: "failed", cause: `${move.problem?.cause ?? "another service failed"}; ${failed}` }
    };
  }
}
async function yieldTo(move, engine, signal) {
  const { old, next } = move;
  try {
    const theirs = await findService(engine, old.ID, signal);
    const isOfUse = move.hasMoved && (theirs === void 0 || !hasTraffic(theirs, next.routing));
    if (isOfUse || !await removeNew(move, engine, signal)) return move;
    return { ...move, hasMoved: false };
  } catch (error) {
    log.warning(`${next.name}, which was to take the place of ${old.Spec.Name}, was not removed: ${messageOf(error)}`);
    return move;
  }
}
async function removeNew({ service, next }, engine, signal) {
  const now = await findService(engine, service.ID, signal) ?? await findService(engine, next.name, signal);
  if (now === void 0) return true;
  if (![service.Spec, next.routed].some((spec) => sameSpec(now.Spec, spec))) return false;
  await remove(engine, `/services/${now.ID}`, signal);
  return true;
}
async function watchOne(rollout, field) {
  const [result] = await watch([rollout], field);
  if (result === void 0) throw new Error("the watch has no result for the service that it watched");
  return result;
}
function problemOf(result) {
  const { outcome, cause = outcome, failedTask } = result;
  if (isGood(result) || outcome === "cancelled") return {};
  const problem = { outcome: outcome === "superseded" ? outcome : "failed", cause };
  return { problem: { ...problem, ...failedTask && { failedTask } } };
}
function leftAside(move) {
  const { problem, next } = move;
  if (move.hasMoved || problem?.outcome === "superseded") return move;
  const stays = `${next.name} stays without traffic until the next deploy`;
  if (problem !== void 0) return { ...move, problem: { ...problem, cause: `${problem.cause}; ${stays}` } };
  const cause = `its traffic has not moved, because another service failed; ${stays}`;
  return { ...move, problem: { outcome: "skipped", cause } };
}
function stopped(move, field) {
  const { old, next } = move;
  if (move.problem !== void 0) return move;
  const cause = move.hasMoved ? `the run was stopped when ${next.name} had got the traffic; ${old.Spec.Name} stays until the next deploy` : `the run was stopped before the traffic moved from ${old.Spec.Name}${leftByStop(next, field)}`;
  return { ...move, problem: { outcome: "cancelled", cause } };
}
function stopTraffic({ rollouts, results }, field) {
  return {
    rollouts,
    results: results.map((result, index) => {
      const { checked: checked2, problem } = rollouts[index] ?? {};
      const next = checked2?.action === "switch" ? checked2.second : void 0;
      const isSent = problem === void 0 || problem.isUnknown === true;
      if (next?.live === void 0 || !isSent || !(isGood(result) || result.outcome === "cancelled")) return result;
      const said = isGood(result) ? void 0 : result.cause;
      const cause = said ?? `the run was stopped before the traffic moved from ${next.live.Spec.Name}`;
      return { ...result, outcome: "cancelled", cause: `${cause}${leftByStop(next, field)}` };
    })
  };
}
function leftByStop({ name }, { deployment }) {
  return deployment.onCancel === "rollback" ? "" : `; ${name} stays without traffic until the next deploy`;
}
function reportOf(moves, rollouts, results) {
  const moveFor = (rollout) => moves.find((move) => move.rollout === rollout);
  return {
    rollouts: rollouts.map((rollout) => {
      const move = moveFor(rollout);
      if (move === void 0) return rollout;
      const stays = move.problem !== void 0 && (move.hasMoved || move.problem.outcome === "superseded");
      return { ...rollout, service: move.service, ...stays && move.problem && { problem: move.problem } };
    }),
    results: results.map((result, index) => {
      const rollout = rollouts[index];
      const move = rollout && moveFor(rollout);
      if (move === void 0) return result;
      const live = move.hasMoved ? { live: move.next.name } : {};
      const seconds = secondsSince(move.rollout.sentAt);
      return { ...result, ...move.problem ?? { outcome: "updated" }, ...live, seconds };
    })
  };
}

// src/strategies/blue-green.ts
var STRATEGY_NAME = "blue-green";
var TIDY_TIMEOUT_MS = 12e4;
var DEFAULT_ROUTE_LABELS = ["traefik."];
var KEYS = {
  "route-labels": parsePrefixes,
  "route-alias": parseAlias,
  "keep-old": (text3) => text3 === "until-next" ? text3 : parseDuration(text3),
  ...TRIAL_KEYS
};
var blueGreen = {
  keys: KEYS,
  alternatives: TRIAL_CHECKS,
  needsWait: true,
  stackRefusal: "blue-green makes a second service beside the first, and a stack has only those of its files: deploy the service with `services`, or write another strategy",
  choose: (values) => {
    const given = values;
    const { "route-labels": routeLabels = DEFAULT_ROUTE_LABELS, "route-alias": routeAlias, "keep-old": keepOld2 } = given;
    const settings2 = { trial: trialOf(values), routeLabels, routeAlias, keepOld: keepOld2 };
    const kept = typeof keepOld2 === "number" ? keepOld2 : 0;
    return { settings: settings2, asideSeconds: longestTrial(settings2.trial) + kept };
  },
  updatesInPlace: false,
  hasSecondService: true,
  meansGap: false,
  decide: decide2,
  last,
  tidy: removeOldOnes
};
function parsePrefixes(text3) {
  const prefixes = text3.split(/[\s,]+/).filter((prefix) => prefix !== "");
  if (prefixes.length > 0) return prefixes;
  throw new UserError("it is empty: write how the names of the routing labels begin, such as traefik.");
}
function parseAlias(text3) {
  if (/^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/.test(text3)) return text3;
  throw new UserError(
    `${shown(text3)} is no name on a network: write letters, digits, dots, - and _, with a letter or digit first and last`
  );
}
function decide2({ planned: { request, current, colours, interim }, wanted }) {
  if (colours === void 0) throw new Error("a service was planned without the names of the two that it is");
  if (current !== void 0 && replacesNothing(current.Spec, wanted)) return {};
  if (interim !== void 0) {
    return { refusal: "an earlier deploy of it was killed half-way: deploy it once with `strategy: rolling`" };
  }
  const { name, strategy } = request;
  const routing = routingOf(strategy.settings, name, wanted);
  const refusal = colourRefusal(name, colours.next, wanted, routing);
  if (refusal !== void 0) return { refusal };
  const shared = current === void 0 ? [] : sharedByColours(wanted);
  const spec = routed(wanted, name, colours, routing);
  const service = {
    name: colours.next,
    generation: colours.generation,
    live: current,
    routing,
    routed: spec
  };
  return {
    second: { wanted: current === void 0 ? spec : hidden(spec, routing), service },
    ...shared.length > 0 && { notices: [`for a while both of its services have ${shared.join(" and ")}`] }
  };
}
async function last(ended, field) {
  const { rollouts, results } = ended;
  const takesOver = ({ checked: checked2 }) => checked2.action === "switch" && checked2.second.live !== void 0;
  if (!rollouts.some(takesOver)) return ended;
  if (field.signal.aborted) return { ...ended, ...stopTraffic(ended, field) };
  if (!results.every(isGood)) return field.deployment.onFailure === "rollback" ? ended : leaveTraffic(ended);
  return stage("Move the traffic", () => moveTraffic(rollouts, results, field));
}
async function removeOldOnes(rollouts, results, { connection, signal }) {
  const patience = AbortSignal.any([signal, timeLimit(TIDY_TIMEOUT_MS)]);
  await Promise.all(
    rollouts.map(async ({ checked: checked2 }, index) => {
      const result = results[index];
      if (result === void 0 || !isGood(result) || checked2.action === "switch") return;
      const { name, strategy } = checked2.request;
      const isOurs = strategy.kind === STRATEGY_NAME;
      const keep = isOurs && strategy.settings.keepOld === "until-next";
      try {
        const problem = await removeLeftovers(checked2, connection.engine, patience, keep);
        if (problem !== void 0) log.warning(`${name}: ${problem.cause}`);
      } catch (error) {
        log.warning(`${name}: what an earlier blue-green deploy has left was not removed: ${messageOf(error)}`);
      }
    })
  );
}

// src/strategies/first-step.ts
function tasksToReplace(strategy, current, wanted, nodes) {
  if (isJob(current)) {
    return { refusal: `${strategy} replaces tasks that run on, and a job has none: write \`strategy: rolling\` for it` };
  }
  const total = wantedTasks(current) ?? eligibleNodes(nodes, current.TaskTemplate.Placement).length;
  return total === 0 || replacesNothing(current, wanted) ? {} : total;
}

// src/strategies/canary.ts
var MOST_TASKS = 1e6;
var STRATEGY_NAME2 = "canary";
var KEYS2 = { canary: parseSize, ...TRIAL_KEYS };
var canary = {
  keys: KEYS2,
  alternatives: TRIAL_CHECKS,
  needsWait: true,
  choose: (values) => {
    const { canary: size = { tasks: 1 } } = values;
    const asked = trialOf(values);
    const settings2 = { size, trial: asked };
    return { settings: settings2, asideSeconds: longestTrial(asked) };
  },
  updatesInPlace: true,
  hasSecondService: false,
  meansGap: false,
  decide: ({ planned: { request, current }, wanted, nodes }) => {
    if (current === void 0) return {};
    const { size, trial: asked } = request.strategy.settings;
    const total = tasksToReplace(STRATEGY_NAME2, current.Spec, wanted, nodes);
    if (typeof total !== "number") return total;
    const tasks = "tasks" in size ? size.tasks : partOf(total, size.percent);
    if (tasks < total) return { firstStep: { tasks, total, trial: asked } };
    const has2 = total === 1 ? "it has one task only" : `${tasks} of its ${total} tasks would be all of them`;
    return { refusal: `canary tries some tasks while the others stay, but ${has2}: ${adviceFor(total)}` };
  },
  first: { stage: "Try the canaries", act: tryCanaries }
};
function parseSize(text3) {
  const [, number = "", percent] = /^(\d+)(%?)$/.exec(text3) ?? [];
  const most = percent === "%" ? 99 : MOST_TASKS;
  if (number === "" || Number(number) < 1 || Number(number) > most) {
    throw new UserError(`${shown(text3)} is no part of a service: write a number of tasks such as 1, or 1% to 99%`);
  }
  return percent === "%" ? { percent: Number(number) } : { tasks: Number(number) };
}
function partOf(total, percent) {
  return Math.max(1, Math.min(total - 1, Math.ceil(total * percent / 100)));
}
function adviceFor(total) {
  return total === 1 ? "give it more first, or write `strategy: rolling` for it" : `write a \`canary\` from 1 to ${total - 1}`;
}
function firstStepOf(checked2) {
  const isOurs = checked2.action === "update" && STRATEGY_NAME2 === checked2.request.strategy.kind;
  return isOurs ? checked2.firstStep : void 0;
}
var CANARY = { during: "during its canary", failed: "the canary failed: " };
async function tryCanaries(services, field) {
  const sent = await Promise.all(
    services.map((checked2) => {
      const step = firstStepOf(checked2);
      return step === void 0 || checked2.action !== "update" ? untouched(checked2) : sendCanary(checked2, step, field);
    })
  );
  const tried = sent.some(({ problem }) => problem !== void 0) ? sent : await tryAll(sent, field);
  return begunWith(tried, "the canary of", field.signal);
}
async function sendCanary(checked2, { tasks, total }, field) {
  const { request, current, wanted, changes, access } = checked2;
  if (field.signal.aborted) return untouched(checked2);
  log.info(`${request.name}: ${tasks} of its ${total} tasks first (${changes.join("; ")})`);
  await renewCredential(checked2, field.connection, field.signal);
  const credential = access === void 0 ? { from: "spec" } : { from: "header", header: registryAuthHeader(access.credential) };
  return sendInterim(checked2, withCanaries(current.Spec, wanted, tasks, field.mark), credential, field.connection);
}
function tryAll(sent, field) {
  const read3 = swarmReader(field, "up-to-date");
  return untilFirstProblem(sent, field.signal, async (rollout, signal) => {
    const step = firstStepOf(rollout.checked);
    if (step === void 0 || interimOf(rollout.checked) === void 0) return rollout;
    const problem = await tryOne(rollout, step, read3, { ...field, signal });
    return problem === void 0 ? rollout : { ...rollout, problem };
  });
}
async function tryOne({ checked: checked2, service: ours }, { tasks, trial: asked }, read3, field) {
  if (ours === void 0) return void 0;
  const { name } = checked2.request;
  const before = field.observed.tasks.filter(({ ServiceID }) => ServiceID === ours.ID);
  const watching = watchStep(
    ours,
    name,
    CANARY,
    read3,
    (history, snapshot) => judgeCanaries(history, snapshot, tasks),
    field,
    before
  );
  const problem = await watching.untilSettled(
    (progress) => `it has not settled within ${field.time.seconds} s: ${progress}`
  );
  if (problem !== void 0) return problem;
  log.info(`${name}: its canary is up`);
  const onTrial = { name, service: ours.Spec.Name, image: imageOf(ours) };
  const cause = await field.time.aside(longestTrial(asked), () => trial(onTrial, asked, watching.stillUp, field.signal));
  if (cause === void 0) log.info(`${name}: its canary has passed, now the others`);
  return cause === void 0 ? void 0 : watching.down() ?? watching.failure("failed", cause);
}

// src/strategies/recreate.ts
var STRATEGY_NAME3 = "recreate";
var recreate = {
  keys: {},
  needsWait: true,
  choose: () => ({ settings: void 0, asideSeconds: 0 }),
  updatesInPlace: false,
  hasSecondService: false,
  meansGap: true,
  decide: ({ planned: { current }, wanted, nodes }) => {
    if (current === void 0) return {};
    const total = tasksToReplace(STRATEGY_NAME3, current.Spec, wanted, nodes);
    return typeof total === "number" ? { firstStep: true } : total;
  },
  first: { stage: "Stop the old tasks", act: stopOldTasks }
};
function hasFirstStep(checked2) {
  const isOurs = checked2.action === "update" && checked2.request.strategy.kind === STRATEGY_NAME3;
  return isOurs && checked2.firstStep !== void 0;
}
var STOPPING = { during: "while its old tasks ended" };
async function stopOldTasks(services, field) {
  const sent = await Promise.all(
    services.map((checked2) => {
      if (!hasFirstStep(checked2) || field.signal.aborted) return untouched(checked2);
      log.info(`${checked2.request.name}: its old tasks are stopped (${checked2.changes.join("; ")})`);
      return sendInterim(checked2, emptied(checked2.current.Spec, field.mark), { from: "spec" }, field.connection);
    })
  );
  const stopped2 = sent.some(({ problem }) => problem !== void 0) ? sent : await untilGone(sent, field);
  return begunWith(stopped2, "the end of the old tasks of", field.signal);
}
function untilGone(sent, field) {
  const read3 = swarmReader(field, "all");
  return untilFirstProblem(sent, field.signal, async (rollout, signal) => {
    const { checked: checked2, service } = rollout;
    const isStopping = hasFirstStep(checked2) && checked2.interim !== void 0;
    if (!isStopping || service === void 0) return rollout;
    const { name } = checked2.request;
    const watching = watchStep(service, name, STOPPING, read3, judgeEnding, { ...field, signal });
    const problem = await watching.untilSettled((progress, swarm) => {
      const left = swarm === void 0 ? progress : leftOf(service, swarm);
      return `its old tasks have not ended within ${field.time.seconds} s: ${left}`;
    });
    if (problem !== void 0) return { ...rollout, problem };
    log.info(`${name}: its old tasks are gone`);
    return rollout;
  });
}
function leftOf({ ID: id }, { services, nodes }) {
  const now = services.get(id);
  const left = now === void 0 || now.found === "removed" ? [] : now.tasks.filter(mayHaveContainer);
  return `${left.length} on ${[...new Set(left.map(({ NodeID }) => placeOf2(NodeID, nodes)))].join(", ")}`;
}
function placeOf2(id, nodes) {
  const node = nodes.find(({ ID }) => ID === id);
  if (node === void 0) return "a node that is gone";
  const { Hostname: host } = node.Description;
  return node.Status.State === "ready" ? `node ${host}` : `node ${host}, which is ${node.Status.State} (if it is gone for good: \`docker node rm --force ${host}\`)`;
}

// src/strategies/rolling.ts
var rolling = {
  keys: {},
  needsWait: false,
  choose: () => ({ settings: void 0, asideSeconds: 0 }),
  updatesInPlace: true,
  hasSecondService: false,
  meansGap: false
};

// src/strategies/table.ts
var STRATEGIES = { rolling, canary, recreate, "blue-green": blueGreen };

// src/modes/deploy.ts
var STEPS = Object.entries(STRATEGIES);
async function deploy2(asked, signal) {
  var _stack = [];
  try {
    const workspace = __using(_stack, await createWorkspace(), true);
    openState(workspace.directory, asked.onCancel);
    const time = new RunTime(asked.timeoutSeconds, signal);
    const connection = __using(_stack, await stage(
      "Connect",
      () => time.before("Connect", (limit) => connect(asked, workspace, process.env, limit))
    ));
    return await carryOut(asked, { connection, workspace, signal, time });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function carryOut(asked, world) {
  var _stack = [];
  try {
    const { signal, workspace, time = new RunTime(asked.timeoutSeconds, signal) } = world;
    const connection = time.bound(world.connection);
    const self = identifyRun(process.env);
    const lock = __using(_stack, await time.before("Take the lock", (limit) => takeLock(asked, self, connection, time, limit)), true);
    const { stack: files } = asked;
    const stack = files && await time.before("Read the stack", (limit) => readStack(files, connection, workspace, limit));
    const deployment = stack === void 0 ? asked : { ...asked, services: stack.services };
    await lock.takeServices(deployment);
    const { checked: checked2, observed } = await prepare(deployment, stack, { connection, workspace, time });
    const mark = markFor(self, deployment, observed);
    const field = { connection, observed, deployment, mark, signal, time };
    return await change(checked2, stack, field).catch((error) => {
      throw error instanceof UserError || signal.aborted ? error : new Underway(error);
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function prepare(deployment, stack, { connection, workspace, time }) {
  const early = (title, work) => stage(title, () => time.before(title, work));
  const loggedIn = await early("Log in", (limit) => logIn(deployment, connection, workspace, limit));
  const observed = await time.before("Look at the swarm", (limit) => observe(deployment, connection.engine, limit));
  const plan = planDeployment(deployment, loggedIn, observed, STRATEGIES);
  const { services, problems } = await early(
    "Check images, flags and platforms",
    (signal) => preflight(plan.services, {
      connection,
      loggedIn,
      observed,
      workspace,
      strategies: STRATEGIES,
      maxParallel: deployment.maxParallel,
      timeoutSeconds: deployment.wait ? deployment.timeoutSeconds : void 0,
      stack,
      files: deployment.stack,
      signal
    })
  );
  throwAll([...stack?.problems ?? [], ...loggedIn.problems, ...plan.problems, ...problems]);
  return { checked: services, observed };
}
async function change(checked2, stack, field) {
  const { connection, deployment, signal, time } = field;
  const { services, objects } = await make(checked2, stack, field);
  const begun = await takeFirstSteps(services, field);
  const sent = begun.ended === void 0 ? await rollOut(begun.services, field) : unwatched(begun.ended);
  const moved = await takeLastSteps(sent, field);
  const back = await goBack(moved, field);
  time.beginClosing();
  const results = back.every(isGood) ? back : await withLookAfterFailure(moved.rollouts, back, field);
  await tidyInterims(moved.rollouts, field);
  for (const [, strategy] of STEPS) await strategy.tidy?.(moved.rollouts, results, field);
  const isDone = results.every(isGood);
  if (!isDone) await removeMade(objects, connection.engine, signal);
  const removed = stack !== void 0 && deployment.wait && isDone ? await removeUnused(stack, connection, nameInFiles) : [];
  if (!signal.aborted) await giveAdvice(sent.rollouts, deployment, connection, STRATEGIES);
  return [...results, ...removed];
}
async function make(checked2, stack, field) {
  if (stack === void 0) return { services: checked2, objects: [] };
  const networks = checked2.flatMap(({ action, networks: networks2 }) => action === "unchanged" ? [] : networks2);
  const { objects, ids } = await makeObjects(stack, networks, field);
  return { services: checked2.map((service) => ({ ...service, wanted: withIds(service.wanted, ids) })), objects };
}
async function takeFirstSteps(services, field) {
  let begun = { services };
  for (const [kind, { first }] of STEPS) {
    const isAsked = (one) => one.action === "update" && one.firstStep !== void 0 && one.request.strategy.kind === kind;
    if (first === void 0 || begun.ended !== void 0 || !begun.services.some(isAsked)) continue;
    const { services: left } = begun;
    begun = await stage(first.stage, () => first.act(left, field));
  }
  return begun;
}
async function takeLastSteps(ended, field) {
  let now = ended;
  for (const [, strategy] of STEPS) now = await strategy.last?.(now, field) ?? now;
  return now;
}
function nameInFiles(service) {
  return colourOf(service) ?? service.Spec.Name;
}

// src/report/markdown.ts
var MADE_MORE_OF = /:\/\/|www\.|@|#\w|\bGH-\d|\$/i;
var BEGIN_OF_BLOCK = /^([-+=]|\d+(?=[.)]))/;
function code(text3) {
  const line = printable(text3).replaceAll("`", "'").trim();
  return line === "" ? "–" : `\`${line}\``;
}
function cell(text3) {
  return code(text3).replace(/\\*\|/g, "\\|");
}
function plain(text3) {
  const words = printable(text3).trim().split(/( +)/);
  const line = words.map((word) => MADE_MORE_OF.test(word) ? code(word) : escaped(word)).join("");
  return line.replace(BEGIN_OF_BLOCK, (begin) => /\d/.test(begin) ? `${begin}\\` : `\\${begin}`);
}
function fenced(lines) {
  const shown2 = lines.flatMap((line) => line.split(LINE_END)).map(printable);
  const runs = shown2.flatMap((line) => line.match(/`{3,}/g) ?? []);
  const longest = Math.max(2, ...runs.map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence, ...shown2, fence].join("\n");
}
function escaped(word) {
  return word.replace(/[\\`*_{}[\]<>|#~]/g, "\\$&").replaceAll("&", "&amp;");
}

// src/report/outcome.ts
function statusOf(results, waited) {
  const bad = results.filter((result) => !isGood(result) && result.outcome !== "skipped").map(({ outcome }) => outcome);
  if (bad.includes("cancelled")) return "cancelled";
  if (bad.length > 0) {
    if (bad.every((outcome) => outcome === "rolled-back")) return "rolled-back";
    return bad.every((outcome) => outcome === "timed-out") ? "timed-out" : "failed";
  }
  if (results.every(({ outcome }) => outcome === "unchanged")) return "unchanged";
  return waited ? "converged" : "deployed";
}
function verdictLine(status, results) {
  const byOutcome = [...groupBy(results, ({ outcome }) => outcome)];
  const said = byOutcome.map(([outcome, those]) => `${those.length} ${outcome}`).join(", ");
  return `${status}: ${said}`;
}
var MOST_ANNOTATIONS = 10;
function culpritsFirst(results) {
  const rank = ({ outcome, cause }) => Number(outcome === "skipped") * 2 + Number(outcome === "cancelled" || isRestored(cause));
  return results.filter((result) => !isGood(result)).sort((a, b) => rank(a) - rank(b));
}
var MOST_CAUSE_CHARACTERS = 1500;
var MOST_LOG_LINE_CHARACTERS = 1e3;
var MOST_ANNOTATION_CHARACTERS = 4e3;
function annotation({ cause, failedTask }) {
  const head2 = [shortened(cause ?? "no cause known", MOST_CAUSE_CHARACTERS)];
  if (failedTask === void 0) return head2.join("\n");
  const where = failedTask.node === void 0 ? "" : ` on node ${failedTask.node}`;
  head2.push(shortened(`Task ${failedTask.id}${where} ${failedTask.ending}.`, MOST_CAUSE_CHARACTERS));
  if (failedTask.logs.length === 0) return head2.join("\n");
  const said = failedTask.logs.map((line) => `  ${shortened(line, MOST_LOG_LINE_CHARACTERS)}`);
  const room = MOST_ANNOTATION_CHARACTERS - head2.join("\n").length;
  const newest2 = fitting(said.toReversed(), room, ({ length }) => length).toReversed();
  const title = newest2.length === said.length ? "Its last log lines:" : `Its last ${newest2.length} log lines:`;
  return [...head2, title, ...newest2].join("\n");
}
function fitting(texts, room, sizeOf) {
  let left = room;
  const first = texts.findIndex((text3) => {
    left -= sizeOf(text3) + 1;
    return left < 0;
  });
  return first < 0 ? [...texts] : texts.slice(0, first);
}
var MOST_SUMMARY_BYTES = 1e6;
var MOST_TABLE_BYTES = 9e5;
var MOST_NOTES_BYTES = 5e4;
var ROOM_FOR_REST = 500;
var MOST_NAME_CHARACTERS = 300;
function resultSummary(status, results) {
  const head2 = "| Service | Outcome | Image | Digest | Config | Tasks | Nodes | Seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- |";
  const allRows = results.map(row);
  const rows = fitting(allRows, MOST_TABLE_BYTES, Buffer.byteLength);
  const table = [head2, ...rows].join("\n");
  const bad = culpritsFirst(results);
  const allSections = bad.map(failureSection);
  const noted = notes(results);
  const room = MOST_SUMMARY_BYTES - Buffer.byteLength([table, ...noted].join("\n\n")) - ROOM_FOR_REST;
  const sections = fitting(allSections, room, (section) => Buffer.byteLength(`
${section}`));
  return [
    `## Swarm Deploy: ${status}`,
    table,
    ...leftOut(results.length - rows.length, "services"),
    ...noted,
    ...sections,
    ...leftOut(bad.length - sections.length, "services that did not come up")
  ].join("\n\n");
}
function row(result) {
  const { name, outcome, image, config, tasks, nodes, seconds, live } = result;
  const mark = isGood(result) ? "✅" : "❌";
  const isSeen = outcome !== "cancelled" && outcome !== "skipped";
  const cells = [
    live === void 0 || live === name ? nameCell(name) : `${nameCell(name)} (${nameCell(live)})`,
    `${mark} ${outcome}`,
    image.after === void 0 ? "–" : nameCell(tagOf(image.after)),
    digestChange(image),
    config === void 0 ? "–" : nameCell(config),
    isSeen ? `${tasks.running}/${tasks.wanted}` : "–",
    isSeen ? String(nodes) : "–",
    String(seconds)
  ];
  return `| ${cells.join(" | ")} |`;
}
function notes(results) {
  const lines = results.filter(isGood).flatMap(({ name, note: note2 }) => note2 === void 0 ? [] : [`- ${nameCell(name)}: ${plain(note2)}`]);
  const shown2 = fitting(lines, MOST_NOTES_BYTES, Buffer.byteLength);
  return shown2.length === 0 ? [] : [shown2.join("\n"), ...leftOut(lines.length - shown2.length, "notes")];
}
function leftOut(count, what) {
  return count === 0 ? [] : [`There is no room here for ${count} more ${what}: see the log and the output \`services\`.`];
}
function failureSummary(status, problems, isUnknown) {
  const all = problems.map((problem) => `- ${plain(firstLine(problem))}`);
  const items = fitting(all, MOST_TABLE_BYTES, Buffer.byteLength);
  return [
    `## Swarm Deploy: ${status}`,
    isUnknown ? "Whether anything was changed on the swarm is not known." : "Nothing was changed on the swarm.",
    items.join("\n"),
    ...leftOut(all.length - items.length, "problems")
  ].join("\n\n");
}
function failureSection({ name, outcome, cause, failedTask }) {
  const parts = [`### ${code(shortened(name, MOST_NAME_CHARACTERS))}: ${outcome}`, plain(cause ?? "")];
  if (failedTask !== void 0) {
    const where = failedTask.node === void 0 ? "" : ` on node ${code(failedTask.node)}`;
    parts.push(`Task ${code(failedTask.id)}${where} ${plain(failedTask.ending)}.`);
    if (failedTask.logs.length > 0) parts.push(fenced(failedTask.logs));
  }
  return parts.join("\n\n");
}
function digestChange({ before, after }) {
  const old = shortDigest(before);
  const now = shortDigest(after);
  if (now === void 0) return "–";
  return old === void 0 || old === now ? cell(now) : `${cell(old)} → ${cell(now)}`;
}
function nameCell(name) {
  return cell(shortened(name, MOST_NAME_CHARACTERS));
}
function tagOf(image) {
  return image.split("@", 1)[0] ?? image;
}
var DIGEST_CHARACTERS = 12;
function shortDigest(image) {
  return image?.split("@sha256:")[1]?.slice(0, DIGEST_CHARACTERS);
}
function firstLine(text3) {
  return text3.split("\n", 1)[0] ?? "";
}

// src/report/output.ts
var MOST_CHARACTERS = 48e4;
var CAUSE_CHARACTERS = [2e3, 500, 100];
function servicesOutput(results) {
  const texts = CAUSE_CHARACTERS.map((most) => JSON.stringify(results.map((result) => forOutput(result, most))));
  const whole = texts.find(({ length }) => length <= MOST_CHARACTERS);
  if (whole !== void 0) return { json: whole, leftOut: 0 };
  const last2 = CAUSE_CHARACTERS.at(-1) ?? 0;
  const entries = results.toSorted((a, b) => Number(isGood(a)) - Number(isGood(b))).map((one) => forOutput(one, last2));
  let room = MOST_CHARACTERS;
  const fit = entries.filter((entry) => {
    room -= JSON.stringify(entry).length + 1;
    return room > 0;
  });
  return { json: JSON.stringify(fit), leftOut: entries.length - fit.length };
}
function forOutput(result, mostCharacters) {
  const { name, action, outcome, image, config, nodes, tasks, seconds, live, cause, note: note2, failedTask } = result;
  return {
    name,
    action,
    outcome,
    image: { before: image.before ?? null, after: image.after ?? null },
    config: config ?? null,
    nodes,
    tasks,
    seconds,
    live: live ?? name,
    cause: cause === void 0 ? null : shortened(cause, mostCharacters),
    note: note2 === void 0 || !isGood(result) ? null : shortened(note2, mostCharacters),
    failedTask: failedTask === void 0 ? null : taskForOutput(failedTask, mostCharacters)
  };
}
function taskForOutput({ id, node, exitCode, ending: ending2 }, mostCharacters) {
  return { id, node: node ?? null, exitCode: exitCode ?? null, ending: shortened(ending2, mostCharacters) };
}

// src/report/report.ts
async function reportResults(results, deployment) {
  if (!results.every(isGood)) process.exitCode = 1;
  const status = statusOf(results, deployment.wait);
  const shown2 = results.map(fitToShow);
  const bad = culpritsFirst(shown2).filter(({ outcome }) => outcome !== "skipped");
  for (const result of bad.slice(0, MOST_ANNOTATIONS))
    reportLog.error(annotation(result), `${result.name}: ${result.outcome}`);
  for (const { name, note: note2 } of shown2.filter(isGood)) if (note2 !== void 0) reportLog.warning(`${name}: ${note2}`);
  const others = bad.slice(MOST_ANNOTATIONS).map(({ name, outcome }) => `${name} (${outcome})`);
  if (others.length > 0) reportLog.info(`And ${others.length} more: ${others.join(", ")}`);
  reportLog.info(verdictLine(status, shown2));
  const { json, leftOut: leftOut2 } = servicesOutput(shown2);
  if (leftOut2 > 0) reportLog.warning(`The output services has no room for ${leftOut2} services that came up as asked`);
  setOutput("status", status);
  setOutput("services", json);
  addSummary(resultSummary(status, shown2));
}
async function reportFailure(error) {
  process.exitCode = 1;
  const { status, problems, isUnknown } = explain(error);
  for (const problem of problems.slice(0, MOST_ANNOTATIONS)) log.error(problem);
  const others = problems.slice(MOST_ANNOTATIONS);
  if (others.length > 0) log.info(`And ${others.length} more:`);
  for (const problem of others) log.info(`- ${problem}`);
  setOutput("status", status);
  setOutput("services", "[]");
  addSummary(failureSummary(status, problems.map(redact), isUnknown));
}
function fitToShow(result) {
  const { cause, note: note2, failedTask } = result;
  return {
    ...result,
    ...cause === void 0 ? {} : { cause: foreignLine(cause) },
    ...note2 === void 0 ? {} : { note: foreignLine(note2) },
    ...failedTask === void 0 ? {} : { failedTask: taskFitToShow(failedTask) }
  };
}
function taskFitToShow({ id, node, ending: ending2, exitCode, logs }) {
  return {
    id,
    node: node && foreignLine(node, MOST_NODE_CHARACTERS),
    ending: foreignLine(ending2),
    exitCode,
    logs: logs.map((line) => foreignLine(line))
  };
}
var MOST_NODE_CHARACTERS = 200;
function explain(error) {
  if (error instanceof UserErrors) return { status: "failed", problems: error.problems, isUnknown: false };
  if (error instanceof TimedOut) return { status: "timed-out", problems: [error.message], isUnknown: false };
  if (error instanceof CutOff) return { status: "cancelled", problems: [error.message], isUnknown: true };
  if (error instanceof UserError) return { status: "failed", problems: [error.message], isUnknown: false };
  const lost2 = tellCallError(error instanceof Underway ? error.cause : error);
  if (lost2 !== void 0) {
    const isUnknown = error instanceof Underway;
    const changed = isUnknown ? "What was changed by then is not known." : "Nothing was changed.";
    return { status: "failed", problems: [`${lost2}. ${changed}`], isUnknown };
  }
  const reason = error instanceof Error && error.name === "AbortError" ? error.cause : error;
  if (reason instanceof Cancelled) {
    return { status: "cancelled", problems: [`${reason.message}. Nothing was changed.`], isUnknown: false };
  }
  const details = error instanceof Error ? error.stack ?? error.message : String(error);
  const problem = `A bug of this action, not of your workflow. Please report it: ${details}`;
  return { status: "failed", problems: [problem], isUnknown: true };
}

// src/runner/stop.ts
import { setMaxListeners } from "node:events";
var SIGNALS = ["SIGINT", "SIGTERM"];
function stopOnSignals() {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const stop = (name) => controller.abort(new Cancelled(name));
  for (const name of SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, stop);
    }
  };
}
async function beforeTheKill(work, stop, ms) {
  let timer;
  let onStop = () => void 0;
  const kill = new Promise((_, reject) => {
    onStop = () => {
      timer = setTimeout(() => reject(new CutOff(stop.reason)), ms);
    };
  });
  stop.addEventListener("abort", onStop, { once: true });
  try {
    return await Promise.race([work, kill]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
  }
}

// src/main.ts
async function main() {
  var _stack = [];
  try {
    const stop = __using(_stack, stopOnSignals());
    try {
      const deployment = readInputs(process.env, STRATEGIES);
      const results = await beforeTheKill(deploy2(deployment, stop.signal), stop.signal, GIVE_UP_AFTER_STOP_MS);
      await reportResults(results, deployment);
    } catch (error) {
      await reportFailure(error);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}

// src/index.ts
speakForAll((error) => void reportFailure(error));
await main();
process.exit();
