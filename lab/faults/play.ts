import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { LabImage } from '../lab.ts'
import { stageLine } from '../log-lines.ts'
import { Runner, type RunningStep, type Step } from '../runner.ts'
import { type Arena, composeOf, USER } from './arena.ts'
import { type Evidence, judge, type Other, type Said, type Wrong } from './judge.ts'
import { meddle } from './other.ts'
import { type Fault, isJob, nameOnSwarm, PLAIN, type PlayedService, type Scenario, stackOf } from './scenario.ts'
import { momentComes, strike } from './strike.ts'
import { TaskRecord } from './task-record.ts'
import { look, type Truth } from './truth.ts'

/** What came of a scenario. */
export interface Played {
  readonly wrongs: readonly Wrong[]
  readonly status: string | undefined
  readonly seconds: number
  readonly struck: readonly Fault[]
  /** What the step printed and what befell it, line by line, with the seconds since its start. */
  readonly story: string
}

const PASSWORD = 'REGISTRY_PASSWORD'
/** After that a run is taken for hung. */
const HUNG_AFTER_SECONDS = 100
const DEATH_LIMIT_MS = 5_000
const LOOK_EVERY_MS = 250
/** How long what is under way has to come true. */
const SETTLING_MS = { quiet: 5_000, disturbed: 60_000 }

type Images = ReadonlyMap<string, LabImage>

/** Plays a scenario to its end, and judges it. */
export async function play(scenario: Scenario, arena: Arena): Promise<Played> {
  await arena.clear()
  const old = await imagesFor(scenario, arena, 'v1', 'runs')
  await arena.prepare(scenario, old)
  const images = await imagesFor(scenario, arena, 'v2')
  const { run, earlier, sameDigest, force } = scenario.asks
  if (earlier > 0) await deployCalmly(scenario, arena, old)
  const isBack = run === 'rollback'
  const stays = ({ behaviour, before }: PlayedService) => behaviour === 'same' && before !== undefined
  if (isBack) {
    const newer = scenario.services.map((service) => [service.name, (stays(service) ? old : images).get(service.name)])
    await deployCalmly(scenario, arena, new Map(newer as [string, LabImage][]))
  }
  const twins = sameDigest ? await imagesFor(scenario, arena, 'v1', 'runs', 'v1-again') : old
  const pick = (of: (service: PlayedService) => Images) =>
    new Map(scenario.services.map((service) => [service.name, of(service).get(service.name) as LabImage]))
  const asked = pick((service) => (stays(service) ? twins : isBack ? old : images))
  const wanted = pick((service) => {
    if (isBack) return old
    // A new tag comes with tasks that are replaced anyway.
    return stays(service) ? (force.includes(service.name) ? twins : old) : images
  })
  const first = await runStep(scenario, arena, asked, wanted)
  if (!scenario.again || first.wrongs.length > 0) return first
  const second = await runAgain(scenario, arena)
  const wrongs = second.wrongs.map((wrong) => ({ ...wrong, text: `in the run after it: ${wrong.text}` }))
  return { ...first, wrongs, story: `${first.story}\n━━ once more\n${second.story}` }
}

async function imagesFor(
  scenario: Scenario,
  arena: Arena,
  version: string,
  behaviour?: PlayedService['behaviour'],
  tag?: string,
): Promise<Images> {
  const made = scenario.services.map(
    async (service) =>
      [service.name, await arena.image(scenario, service, version, behaviour ?? service.behaviour, tag)] as const,
  )
  return new Map(await Promise.all(made))
}

/** A deploy of ours that is there before the one that is played. */
async function deployCalmly(scenario: Scenario, arena: Arena, images: Images): Promise<void> {
  const { attached, historyLimit } = scenario.asks
  const calm: Scenario = {
    ...scenario,
    faults: [],
    timeoutSeconds: 120,
    prepare: 'false',
    maxParallel: 10,
    asks: { ...PLAIN, attached, historyLimit },
    strategy: 'rolling',
    services: scenario.services.map((service) => ({
      ...service,
      behaviour: 'runs',
      strategy: service.strategy === 'blue-green' ? 'blue-green' : 'rolling',
      replicas: service.before ?? service.replicas,
    })),
  }
  await using runner = await Runner.start()
  const { main } = await runner.run(await stepFor(calm, arena, images, runner.workspace))
  if (main.code !== 0) throw new Error(`a deploy without faults is red:\n${main.stdout}`)
}

/** The same once more, with other images that are good, and without any fault. */
async function runAgain(scenario: Scenario, arena: Arena): Promise<Played> {
  const { services } = await look(arena.lab)
  const calm: Scenario = {
    ...scenario,
    faults: [],
    timeoutSeconds: 60,
    asks: PLAIN,
    services: scenario.services.map((service) => {
      const name = nameOnSwarm(scenario, service)
      const spec = services.find((one) => one.name === name)?.spec
      const tooFew = (spec?.Mode.Replicated?.Replicas ?? 0) < 2
      const strategy = service.strategy === 'canary' && tooFew ? 'rolling' : service.strategy
      return { ...service, behaviour: 'runs', strategy, before: undefined }
    }),
  }
  return runStep(calm, arena, await imagesFor(calm, arena, 'v3'))
}

/** @param expected what is to run when all went well, where that is not what is asked for */
async function runStep(scenario: Scenario, arena: Arena, images: Images, expected = images): Promise<Played> {
  const before = await look(arena.lab)
  await using runner = await Runner.start()
  const asked = await stepFor(scenario, arena, images, runner.workspace)
  const story = new Story()
  await using tasks = new TaskRecord(arena.lab)
  const step = await runner.start(asked)
  step.main.stdout?.on('data', (chunk: Buffer) => story.add(chunk.toString()))
  let ended: number | undefined
  let hung = false
  const mainEnds = once(step.main, 'close').then(() => {
    ended = Date.now()
    story.add('━━ main has ended')
  })
  const limit = setTimeout(
    () => {
      hung = true
      step.main.kill('SIGKILL')
    },
    (scenario.timeoutSeconds + HUNG_AFTER_SECONDS) * 1000,
  )
  const happening = new Happening(scenario, arena, step, story, () => ended !== undefined)
  await mainEnds
  clearTimeout(limit)
  const atEnd = happening.isQuiet ? await look(arena.lab).catch(() => undefined) : undefined
  const result = await step.finished
  await happening.over
  const processes = await processesOf(runner.directory)
  const files = await readdir(runner.temp)
  const end = ended ?? Date.now()
  const printed = [result.main, result.post].map(({ stdout, stderr }) => stdout + stderr).join('\n')
  const seen = {
    code: result.main.code,
    status: result.outputs.status,
    said: JSON.parse(result.outputs.services ?? '[]') as Said[],
    printed,
    seconds: (end - story.began) / 1000,
    secondsToWayBack: story.secondsTo(stageLine('Roll back')),
    hung,
    struck: happening.struck,
    secondsAfterSignal: happening.signalledAt && (end - happening.signalledAt) / 1000,
    others: happening.others.map(({ at, ...other }) => ({ ...other, secondsBefore: (end - at) / 1000 })),
    before,
    atEnd,
    wanted: new Map(
      scenario.services.map((service) => {
        const image = expected.get(service.name)
        return [nameOnSwarm(scenario, service), `${image?.reference}@${image?.digest}`]
      }),
    ),
    secrets: [arena.password, Buffer.from(`${USER}:${arena.password}`).toString('base64')],
    files,
    processes,
  } satisfies Omit<Evidence, 'settled'>
  const wrongs = await judgeWhenSettled(scenario, seen, arena)
  const told = [story.text, ...(wrongs.length > 0 ? [`━━ services and tasks\n${tasks.text}`] : [])]
  return { wrongs, status: seen.status, seconds: seen.seconds, struck: seen.struck, story: told.join('\n') }
}

/** What is under way has time to come true; what is right needs none. */
async function judgeWhenSettled(scenario: Scenario, seen: Omit<Evidence, 'settled'>, arena: Arena): Promise<Wrong[]> {
  const disturbed = seen.struck.some(({ kind }) => kind === 'node' || kind === 'signal')
  const deadline = Date.now() + (disturbed ? SETTLING_MS.disturbed : SETTLING_MS.quiet)
  for (;;) {
    const settled: Truth | undefined = await look(arena.lab).catch(() => undefined)
    const wrongs = settled && judge(scenario, { ...seen, settled })
    if (wrongs?.length === 0) return wrongs
    if (Date.now() > deadline) {
      if (wrongs !== undefined) return wrongs
      if (Date.now() > deadline + SETTLING_MS.disturbed) throw new Error('the swarm does not come back')
    }
    await pause(LOOK_EVERY_MS)
  }
}

/** What happens, with the seconds since the beginning. */
class Story {
  readonly began = Date.now()
  readonly #lines: { readonly seconds: number; readonly line: string }[] = []

  add(lines: string): void {
    const seconds = (Date.now() - this.began) / 1000
    const shown = lines
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
    this.#lines.push(...shown.map((line) => ({ seconds, line })))
  }

  /** When such a line came. */
  secondsTo(line: RegExp): number | undefined {
    return this.#lines.find((one) =>
      line.test(`${one.line}
`),
    )?.seconds
  }

  get text(): string {
    return this.#lines.map(({ seconds, line }) => `${seconds.toFixed(1).padStart(6)} ${line}`).join('\n')
  }
}

/** The faults of a scenario, each at its moment. */
class Happening {
  readonly struck: Fault[] = []
  readonly others: (Omit<Other, 'secondsBefore'> & { readonly at: number })[] = []
  signalledAt: number | undefined
  /** Resolves when the last of them has ended. */
  readonly over: Promise<void>
  #underWay = 0

  constructor(scenario: Scenario, arena: Arena, step: RunningStep, story: Story, hasEnded: () => boolean) {
    const all = scenario.faults.map(async (fault) => {
      if (!(await momentComes(fault, step.printed, hasEnded))) return
      this.#underWay++
      const whom = 'which' in fault ? fault.which : 'service' in fault ? fault.service : ''
      story.add(`━━ ${fault.kind} ${fault.what} ${whom}`)
      try {
        await this.#happens(fault, scenario, arena, step)
      } finally {
        this.#underWay--
        story.add(`━━ ${fault.kind} ${fault.what} ${whom} is over`)
      }
    })
    this.over = Promise.all(all).then(() => {})
    // Whoever waits for the end hears of it.
    this.over.catch(() => {})
  }

  get isQuiet(): boolean {
    return this.#underWay === 0
  }

  async #happens(fault: Fault, scenario: Scenario, arena: Arena, step: RunningStep): Promise<void> {
    if (fault.kind === 'signal') {
      this.signalledAt ??= Date.now()
      this.struck.push(fault)
      step.main.kill(fault.what)
      return
    }
    if (fault.kind !== 'other') {
      this.struck.push(fault)
      return strike(fault, scenario, arena)
    }
    const service = scenario.services.find(({ name }) => name === fault.service)
    if (service === undefined) return
    const image = await arena.image(scenario, service, 'theirs', 'runs')
    if (fault.what === 'run') {
      this.struck.push(fault)
      const isGreen = await rivalRun(scenario, service, arena, image)
      const run = { isGreen, image: `${image.reference}@${image.digest}` }
      this.others.push({ service: fault.service, at: Date.now(), what: fault.what, run })
    } else if (await meddle(fault.what, fault.service, scenario, arena, image)) {
      this.struck.push(fault)
      this.others.push({ service: fault.service, at: Date.now(), what: fault.what })
    }
  }
}

/** Another run of this action for one of the services, to its end. True when it is green. */
async function rivalRun(scenario: Scenario, service: PlayedService, arena: Arena, image: LabImage): Promise<boolean> {
  await using runner = await Runner.start()
  const rival: Scenario = {
    ...scenario,
    services: [{ ...service, behaviour: 'runs' }],
    hosts: [2],
    lock: false,
    onFailure: 'keep',
    asks: PLAIN,
  }
  const { main } = await runner.run(await stepFor(rival, arena, new Map([[service.name, image]]), runner.workspace))
  return main.code === 0
}

/** What a workflow would say. */
async function stepFor(scenario: Scenario, arena: Arena, images: Images, workspace: string): Promise<Step> {
  const { main } = arena.lab.registries
  const { onFailure, onCancel, lock, timeoutSeconds, maxParallel, hosts, prepare } = scenario
  const env = { [PASSWORD]: arena.password }
  const { run, force, only, keepReplicas, sameDigest, pruneImages, historyLimit } = scenario.asks
  const host = JSON.stringify(hosts.map((place) => arena.doors[place]?.host))
  const what = scenario.shape === 'stack' ? { stack: stackOf(scenario) } : { services: namesIn(scenario) }
  if (run === 'remove' || run === 'status') {
    const own = { lock: String(lock), 'lock-timeout': '20s', 'max-parallel': String(maxParallel) }
    const more = run === 'remove' ? own : { 'fail-on-problems': 'true' }
    return { with: { mode: run, host, timeout: `${timeoutSeconds}s`, ...what, ...more }, env }
  }
  const asks = {
    ...(force.length > 0 && { force: force.join(' ') }),
    ...(only.length > 0 && { only: only.join(' ') }),
    ...(keepReplicas && { 'keep-replicas': 'true' }),
    ...(sameDigest && { 'same-digest': 'keep' }),
    ...(pruneImages && { 'prune-images': 'true', 'node-tools-image': (await arena.tools()).reference }),
    'history-limit': String(historyLimit),
  }
  const common = {
    registries: JSON.stringify([{ registry: main.host, username: USER, 'password-env': PASSWORD }]),
    host,
    timeout: `${timeoutSeconds}s`,
    monitor: '1s',
    'on-failure': onFailure,
    'on-cancel': onCancel,
    lock: String(lock),
    'lock-timeout': '20s',
    'max-parallel': String(maxParallel),
    prepare,
    ...asks,
  }
  if (run === 'rollback') {
    const entries = scenario.services.map(({ name, strategy }) => ({
      name,
      strategy,
      ...(strategy === 'blue-green' && { 'keep-old': '1s' }),
    }))
    const which = scenario.shape === 'stack' ? { strategy: scenario.strategy } : { services: JSON.stringify(entries) }
    return { with: { ...common, mode: run, to: 'previous', ...what, ...which }, env }
  }
  if (scenario.shape === 'stack') {
    await writeFile(join(workspace, 'compose.yml'), composeOf(scenario, scenario.services, images))
    return { with: { ...common, stack: stackOf(scenario), strategy: scenario.strategy }, env }
  }
  const services = scenario.services.map((service) => entryFor(scenario, service, arena, images))
  return { with: { ...common, services: JSON.stringify(services) }, env }
}

function namesIn({ services }: Scenario): string {
  return services.map(({ name }) => name).join(' ')
}

function entryFor(
  { place, onFailure, number, asks: { attached } }: Scenario,
  service: PlayedService,
  { network }: Arena,
  images: Images,
) {
  const { name, mode, strategy, replicas, before, order, failureAction, route } = service
  const args = [
    `--restart-condition ${isJob(service) ? 'on-failure' : 'any'}`,
    '--restart-delay 1s',
    ...(mode === 'replicated' ? [] : [`--mode ${mode}`]),
    ...(place === 'worker' ? ['--constraint node.role==worker'] : []),
    ...(strategy === 'blue-green' ? [`--network ${network}`] : []),
    ...(strategy === 'blue-green' && route === 'labels' ? ['--label traefik.enable=true'] : []),
  ]
  const policy = isJob(service)
    ? {}
    : { 'update-config': { order, ...(onFailure !== 'pause' && { failure_action: failureAction }) } }
  return {
    name,
    image: images.get(name)?.reference,
    ...(mode === 'replicated' && { replicas }),
    ...(before === undefined && { create: true, 'create-args': args }),
    ...policy,
    strategy,
    ...(strategy === 'blue-green' && { 'keep-old': '1s' }),
    ...(attached && {
      secrets: [{ name: `token-${name}`, content: `token of ${images.get(name)?.digest}` }],
      configs: [{ name: `conf-${name}`, content: `conf of ${images.get(name)?.digest}` }],
      // By how many names it is known is the other strategy's matter.
      ...(strategy !== 'blue-green' && { networks: [{ name: `own-${number}`, create: true }] }),
    }),
  }
}

/** Processes that know of a runner's directory, when those that are ending have ended. */
async function processesOf(directory: string): Promise<string[]> {
  const deadline = Date.now() + DEATH_LIMIT_MS
  for (;;) {
    const found = readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return []
      const command = readProcess(pid, 'cmdline').replaceAll('\0', ' ').trim()
      // One that has ended and was not waited for has no command any more.
      const isOurs = command !== '' && (readProcess(pid, 'environ') + command).includes(directory)
      return isOurs ? [`${pid} ${command}`] : []
    })
    if (found.length === 0 || Date.now() > deadline) return found
    await pause(LOOK_EVERY_MS)
  }
}

function readProcess(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
