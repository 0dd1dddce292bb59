import {
  chosen,
  type Fault,
  isGoodImage,
  isJob,
  nameOnSwarm,
  type PlayedService,
  type Scenario,
  stackOf,
  titleOf,
} from './scenario.ts'
import { tasksOf } from './tasks.ts'
import { asksTheSame, type Truth } from './truth.ts'

/**
 * What may be said of a run, held against what is true of the swarm. Pure: everything that was seen goes in, and what
 * is wrong comes out.
 */

/** What the step said of a service in its output. */
export interface Said {
  readonly name: string
  readonly outcome: string
  readonly live?: string
  readonly cause: string | null
}

/** Everything that was seen of a run. */
export interface Evidence {
  /** `null` when a signal ended it. */
  readonly code: number | null
  readonly status: string | undefined
  readonly said: readonly Said[]
  /** All that main and post printed, as they printed it. */
  readonly printed: string
  readonly seconds: number
  /** When it began to go back. */
  readonly secondsToWayBack: number | undefined
  /** It was ended by force, long after its time. */
  readonly hung: boolean
  /** The faults that came to pass. */
  readonly struck: readonly Fault[]
  /** From the first signal to the end. */
  readonly secondsAfterSignal: number | undefined
  /** What somebody else really did, and for how many seconds it was done when the step ended. */
  readonly others: readonly Other[]
  readonly before: Truth
  /** At the moment of the end; `undefined` while a machine was away. */
  readonly atEnd: Truth | undefined
  /** When every fault was over, and what was under way had time to come to its end. */
  readonly settled: Truth
  /** The image that each service was to have, with its digest, by the name on the swarm. */
  readonly wanted: ReadonlyMap<string, string>
  /** What the step may not show to anybody. */
  readonly secrets: readonly string[]
  /** Files under the runner's temporary directory, and processes of the step, after post. */
  readonly files: readonly string[]
  readonly processes: readonly string[]
}

/** Somebody else's doing. */
export interface Other {
  readonly service: string
  readonly secondsBefore: number
  readonly what?: Extract<Fault, { kind: 'other' }>['what']
  /** Of another run of this action: whether it was green, and the image that it asked for. */
  readonly run?: { readonly isGreen: boolean; readonly image: string }
}

export interface Wrong {
  readonly kind:
    | 'green and untrue'
    | 'green too early'
    | 'needless red'
    | 'rolled back and untrue'
    | 'changed and denied'
    | 'way back missing'
    | 'a bug'
    | 'no words for it'
    | 'no verdict'
    | 'hung'
    | 'over time'
    | 'late end'
    | 'secret shown'
    | 'left behind'
    | 'untrue record'
    | 'not played'
  readonly service?: string
  readonly text: string
}

/** What a program says to itself, and no person to another. */
const INTERNAL = /\bundefined\b|\[object |\b(?:Type|Range|Syntax)Error\b|: (?:aborted|The operation was aborted)/
const GOOD = ['created', 'updated', 'unchanged', 'removed']
const GREEN = ['converged', 'unchanged', 'removed', 'healthy', 'changing']
/** What a service may be called that is as it was, and at no fault. */
const BYSTANDERS = [...GOOD, 'skipped', 'rolled-back']
const OVER_TIME_SECONDS = 15
/** A way back has as long again as the timeout, and at least this. */
const LEAST_WAY_BACK_SECONDS = 60
const LATE_END_SECONDS = 10
/** Somebody else's change this soon before the end may be after the last look. */
const LAST_LOOK_SECONDS = 3
/** Faults that last longer than that together are more than a run has to bear. */
const BEARABLE_SECONDS = 16
const NEW_THERE = 'was not there before, and is now'
/** The names of services that are there for a while only. */
const PASSING_SERVICE = /^swarm-deploy-(?:prepare|tools)-/
const INTERIM_LABEL = 'swarm-deploy.interim'

/** Everything that is wrong with a run. */
export function judge(scenario: Scenario, evidence: Evidence): Wrong[] {
  const { run } = scenario.asks
  const always = [...judgeForm(scenario, evidence), ...judgeRemains(evidence)]
  if (run === 'remove') return [...always, ...judgeRemoval(scenario, evidence)]
  if (run === 'status') return [...always, ...judgeStatus(scenario, evidence)]
  return [
    ...always,
    ...judgeRecords(scenario, evidence),
    ...judgeLeftOut(scenario, evidence),
    ...scenario.services.flatMap((service) => judgeService(scenario, service, evidence)),
    ...judgeRun(scenario, evidence),
  ]
}

function judgeRemoval(scenario: Scenario, evidence: Evidence): Wrong[] {
  const { code, said, struck, settled, atEnd, others } = evidence
  const wrongs = needlessRed(scenario, evidence)
  // What another run makes meanwhile is not this one's to take.
  if (others.some(({ run }) => run !== undefined)) return wrongs
  for (const service of scenario.services) {
    const name = nameOnSwarm(scenario, service)
    const names = siblings(name)
    if (code !== 0 && said.find((one) => one.name === name)?.outcome !== 'removed') continue
    const there = settled.services.filter((one) => names.includes(one.name))
    const run = settled.containers.filter((one) => names.includes(one.service))
    const early = struck.length > 0 ? [] : (atEnd?.containers.filter((one) => names.includes(one.service)) ?? [])
    wrongs.push(
      ...there.map((one): Wrong => ({ kind: 'green and untrue', service: name, text: `${one.name} is there` })),
      ...run.map((one): Wrong => ({ kind: 'green and untrue', service: name, text: `it runs on ${one.node}` })),
      ...early.map((one): Wrong => ({ kind: 'green too early', service: name, text: `it runs on ${one.node}` })),
    )
  }
  if (code !== 0) return wrongs
  const left = [...settled.objects, ...settled.records]
  return [...wrongs, ...left.map(({ name }): Wrong => ({ kind: 'green and untrue', text: `${name} is there` }))]
}

function judgeStatus(scenario: Scenario, evidence: Evidence): Wrong[] {
  const { said, struck, settled, before, others } = evidence
  const wrongs = needlessRed(scenario, evidence)
  if (others.length > 0 || struck.some(({ kind }) => kind === 'node')) return wrongs
  const untrue = scenario.services.flatMap((service) => {
    const name = nameOnSwarm(scenario, service)
    const changes = notAsBefore(scenario, service, before, settled, new Map())
    const isUp = said.find((one) => one.name === name)?.outcome === 'up'
    const missed = isUp && !isJob(service) ? missing(scenario, service, { name }, settled, imagesIn(settled)) : []
    return [
      ...changes.map((text): Wrong => ({ kind: 'changed and denied', service: name, text })),
      ...missed.map((text): Wrong => ({ kind: 'green and untrue', service: name, text })),
    ]
  })
  return [...wrongs, ...untrue]
}

function imagesIn({ services }: Truth): ReadonlyMap<string, string> {
  return new Map(services.map(({ name, spec }) => [name, spec.TaskTemplate.ContainerSpec.Image]))
}

function needlessRed(scenario: Scenario, { code, hung, struck, others, printed }: Evidence): Wrong[] {
  if (code === 0 || hung || !mustBeGreen(scenario, struck, others.length > 0)) return []
  const errors = printed.split('\n').filter((line) => /^::(?:error|warning)/.test(line))
  return [{ kind: 'needless red', text: errors.join('\n') }]
}

/** A deploy that came up, and only that, has a record; and no more are kept than was asked for. */
function judgeRecords(scenario: Scenario, evidence: Evidence): Wrong[] {
  const { code, before, settled, printed, others } = evidence
  if (wasStruck(evidence, 'SIGKILL') || evidence.hung || others.length > 0) return []
  const { historyLimit } = scenario.asks
  const known = new Set(before.records.map(({ name }) => name))
  const wrong = (text: string): Wrong => ({ kind: 'untrue record', text })
  if (code !== 0) {
    const made = settled.records.filter(({ name }) => !known.has(name))
    return made.map(({ name, of }) => wrong(`it is red, and ${of} has the record ${name}`))
  }
  if (/^::warning.*record/m.test(printed)) return []
  const subjects =
    scenario.shape === 'stack' ? [`stack/${stackOf(scenario)}`] : scenario.services.map(({ name }) => `service/${name}`)
  return subjects.flatMap((subject) => {
    const count = settled.records.filter(({ of }) => of === subject).length
    const isRight = historyLimit === 0 ? count === 0 : count > 0 && count <= historyLimit
    return isRight ? [] : [wrong(`${subject} has ${count} records, with history-limit ${historyLimit}`)]
  })
}

/** What is left out stays as it was. */
function judgeLeftOut(scenario: Scenario, { before, settled, others, struck }: Evidence): Wrong[] {
  if (struck.some(({ kind }) => kind === 'node')) return []
  const about = chosen(scenario)
  const left = scenario.services.filter(
    (service) => !about.includes(service) && !others.some((other) => other.service === service.name),
  )
  return left.flatMap((service) =>
    notAsBefore(scenario, service, before, settled, new Map()).map((text): Wrong => {
      return { kind: 'changed and denied', service: nameOnSwarm(scenario, service), text: `left out: ${text}` }
    }),
  )
}

function judgeForm({ timeoutSeconds }: Scenario, evidence: Evidence): Wrong[] {
  const { code, status, printed, seconds, hung, secondsAfterSignal, secrets } = evidence
  const { secondsToWayBack = seconds } = evidence
  const onWayBack = seconds - secondsToWayBack
  const wrongs: Wrong[] = []
  const killed = wasStruck(evidence, 'SIGKILL')
  if (hung) wrongs.push({ kind: 'hung', text: `it had not ended after ${seconds.toFixed(0)} s` })
  else if (
    secondsAfterSignal === undefined &&
    (secondsToWayBack > timeoutSeconds + OVER_TIME_SECONDS ||
      onWayBack > Math.max(timeoutSeconds, LEAST_WAY_BACK_SECONDS) + OVER_TIME_SECONDS)
  ) {
    const parts = `${secondsToWayBack.toFixed(1)} s, and ${onWayBack.toFixed(1)} s back`
    wrongs.push({ kind: 'over time', text: `${parts}, with timeout ${timeoutSeconds}s` })
  }
  if (!killed && secondsAfterSignal !== undefined && secondsAfterSignal > LATE_END_SECONDS) {
    wrongs.push({ kind: 'late end', text: `${secondsAfterSignal.toFixed(1)} s after SIGTERM` })
  }
  const bug = /A bug of this action[^\n]*(?:\n +at [^\n]*)?/.exec(printed.replaceAll('%0A', '\n'))?.[0]
  if (bug !== undefined) wrongs.push({ kind: 'a bug', text: bug })
  const errors = printed.split('\n').filter((line) => line.startsWith('::error'))
  const internal = bug === undefined ? errors.find((line) => INTERNAL.test(line)) : undefined
  if (internal !== undefined) wrongs.push({ kind: 'no words for it', text: internal })
  if (!killed && !hung && (status === undefined || (code === 0) !== GREEN.includes(status) || code === null)) {
    wrongs.push({ kind: 'no verdict', text: `code ${code}, status ${status ?? 'none'}` })
  }
  const shown = printed.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  const leak = shown.find((line) => secrets.some((secret) => line.includes(secret)))
  if (leak !== undefined) wrongs.push({ kind: 'secret shown', text: leak })
  return wrongs
}

function judgeService(scenario: Scenario, service: PlayedService, evidence: Evidence): Wrong[] {
  const name = nameOnSwarm(scenario, service)
  const said = evidence.said.find((one) => one.name === name)
  if (said === undefined) return []
  const { outcome, cause } = said
  const { settled, atEnd, before, struck } = evidence
  const touched = evidence.others.filter((other) => other.service === service.name)
  const wrong = (kind: Wrong['kind'], text: string): Wrong => ({ kind, service: name, text: `${outcome}: ${text}` })

  if (GOOD.includes(outcome)) {
    if (!isGoodImage(service)) return [wrong('green and untrue', `its image ${service.behaviour}`)]
    // What becomes of a job that was done is no more this run's matter, nor what comes while old images go.
    const isOver = isJob(service) || scenario.asks.pruneImages
    if (touched.some(({ secondsBefore }) => isOver || secondsBefore < LAST_LOOK_SECONDS)) return []
    const early = atEnd && struck.length === 0 ? missing(scenario, service, said, thatStay(atEnd), evidence.wanted) : []
    const untrue = [
      ...notAsAsked(scenario, service, said, settled, evidence.wanted),
      ...notAsTold(scenario, service, said, evidence),
    ]
    return [
      ...untrue.map((text) => wrong('green and untrue', text)),
      ...(untrue.length === 0 ? early : []).map((text) => wrong('green too early', text)),
    ]
  }
  if (touched.length > 0) return []
  const changes = notAsBefore(scenario, service, before, settled, evidence.wanted)
  // A new colour that did not get the traffic stays where all is to stay.
  const stays = outcome === 'skipped' && service.strategy === 'blue-green' && scenario.onFailure !== 'rollback'
  if (stays)
    return changes.filter((text) => !text.includes(NEW_THERE)).map((text) => wrong('rolled back and untrue', text))
  if (outcome === 'rolled-back' || outcome === 'skipped' || /the way back was sent/.test(cause ?? '')) {
    return changes.map((text) => wrong('rolled back and untrue', text))
  }
  const admitted = /way back failed|not known|not watched|may be left/.test(cause ?? '')
  const goesBack = scenario.onFailure === 'rollback' && ['failed', 'timed-out'].includes(outcome)
  if (goesBack && !admitted) return changes.map((text) => wrong('way back missing', `${text} (${cause})`))
  if (struck.length === 0 && isGoodImage(service) && !BYSTANDERS.includes(outcome)) {
    return [wrong('needless red', cause ?? 'no cause')]
  }
  return []
}

function judgeRun(scenario: Scenario, evidence: Evidence): Wrong[] {
  const { code, said, printed, before, settled, others, struck } = evidence
  const wrongs: Wrong[] = []
  if (code !== 0 && !evidence.hung && mustBeGreen(scenario, struck, others.length > 0) && !wasMissed(evidence)) {
    const causes = said.map(({ name, outcome, cause }) => `${name} ${outcome}: ${cause}`)
    const errors = printed.split('\n').filter((line) => line.startsWith('::error'))
    wrongs.push({ kind: 'needless red', text: (causes.length > 0 ? causes : errors).join('\n') })
  }
  for (const { service, run } of others) {
    if (run !== undefined) wrongs.push(...judgeTwo(scenario, service, run, evidence))
  }
  if (/Nothing was changed/.test(printed) && others.length === 0) {
    for (const service of scenario.services) {
      const changes = notAsBefore(scenario, service, before, settled, new Map())
      wrongs.push(...changes.map((text): Wrong => ({ kind: 'changed and denied', service: service.name, text })))
    }
  }
  return wrongs
}

/** Of two runs for one service one has to win, when nothing else is the matter; and what stays is what a winner asked. */
function judgeTwo(
  scenario: Scenario,
  service: string,
  run: NonNullable<Other['run']>,
  { said, settled, struck, wanted }: Evidence,
): Wrong[] {
  const name = nameOnSwarm(scenario, { name: service })
  const ours = said.find((one) => one.name === name)
  const isOurs = ours !== undefined && GOOD.includes(ours.outcome)
  if (!isOurs && !run.isGreen) {
    const hasReason = struck.length > 1 || !chosen(scenario).every(isGoodImage)
    return hasReason ? [] : [{ kind: 'needless red', service: name, text: 'of two runs at once neither was green' }]
  }
  const won = [...(isOurs ? [wanted.get(name)] : []), ...(run.isGreen ? [run.image] : [])]
  const now = settled.services.find((one) => siblings(name).includes(one.name))?.spec.TaskTemplate.ContainerSpec.Image
  const text = `of two runs at once one was green, and its spec has ${now}`
  return won.includes(now) ? [] : [{ kind: 'green and untrue', service: name, text }]
}

/**
 * Whether nothing in a scenario is a reason to be red: good images, and faults that pass soon and that a rollout on
 * other machines does not feel.
 */
export function mustBeGreen(scenario: Scenario, struck: readonly Fault[], othersDid: boolean): boolean {
  const seconds = struck.reduce((sum, fault) => sum + fault.seconds, 0)
  // A rollback runs no job again that it is not told to.
  if (scenario.asks.run === 'rollback' && chosen(scenario).every(isJob)) return false
  return !othersDid && seconds <= BEARABLE_SECONDS && chosen(scenario).every(isGoodImage) && struck.every(isBorne)

  function isBorne(fault: Fault): boolean {
    // Where nobody answers as a daemon when the step comes, it says so at once: most often the address is wrong.
    const isSlow = fault.what === 'delay' || fault.what === 'stall'
    if (fault.kind === 'door') return isSlow || fault.at.stage !== 'start'
    if (fault.kind !== 'node') return fault.kind === 'other'
    // A task dies with its machine, and pulls through its cable: for Swarm that is a failed update.
    return fault.what === 'freeze' || (scenario.place === 'worker' && fault.which !== 'worker')
  }
}

/**
 * Whether Swarm itself has left a job out: one on all nodes that is sent while a manager begins to lead gets no task, then
 * or later (swarmkit, manager/orchestrator/jobs). The step has to say so, and it has to be true at the very end.
 */
function wasMissed({ said, struck, settled, wanted }: Evidence): boolean {
  const bad = said.filter(({ outcome }) => !GOOD.includes(outcome))
  const ran = (name: string) =>
    settled.completed.some((task) => task.service === name && task.image === wanted.get(name))
  return (
    struck.some(({ kind }) => kind === 'node') &&
    bad.length > 0 &&
    bad.every(({ name, cause }) => /Swarm has made no task on a node/.test(cause ?? '') && !ran(name))
  )
}

function judgeRemains(evidence: Evidence): Wrong[] {
  const { settled, files, processes, struck, before, others, printed } = evidence
  const killed = wasStruck(evidence, 'SIGKILL')
  const wayWasGone = struck.some(({ kind }) => kind === 'door' || kind === 'node')
  const interim = settled.services.filter(({ spec }) => spec.Labels?.[INTERIM_LABEL] !== undefined)
  const pulls = settled.services.filter(({ name }) => PASSING_SERVICE.test(name))
  const used = JSON.stringify(settled.services.map(({ spec, previous }) => [spec, previous]))
  const known = new Set(before.objects.map(({ id }) => id))
  const isTold = others.length > 0 || /may be left|[Nn]ot removed|not known|stays/.test(printed)
  const made = settled.objects.filter(({ id }) => !known.has(id) && !used.includes(`"${id}"`))
  const lefts = [
    ...((killed && wayWasGone) || isTold || killed ? [] : made.map(({ name }) => `${name}, which nobody needs`)),
    ...files.map((file) => `the file ${file}`),
    ...processes.map((line) => `the process ${line}`),
    // Post cannot put right what it cannot reach.
    ...(killed && wayWasGone ? [] : settled.locks.map((lock) => `the lock ${lock}`)),
    ...(killed && wayWasGone ? [] : pulls.map(({ name }) => `the service ${name}`)),
    ...(killed && wayWasGone ? [] : interim.map(({ name }) => `an interim spec of ${name}`)),
  ]
  return lefts.map((text) => ({ kind: 'left behind', text }))
}

function wasStruck({ struck }: Evidence, what: Fault['what']): boolean {
  return struck.some((fault) => fault.what === what)
}

/** The names under which a service may live. */
function siblings(name: string): string[] {
  return [name, `${name}-blue`, `${name}-green`]
}

/** What keeps a service from being as it was asked for. */
function notAsAsked(
  scenario: Scenario,
  service: PlayedService,
  said: Said,
  truth: Truth,
  wanted: ReadonlyMap<string, string>,
): string[] {
  const { name } = said
  const live = said.live ?? name
  const image = wanted.get(name)
  const seen = truth.services.find((one) => one.name === live)
  if (seen === undefined) return [`there is no service ${live}`]
  const texts: string[] = []
  const { spec } = seen
  if (spec.TaskTemplate.ContainerSpec.Image !== image) {
    texts.push(`its spec has ${spec.TaskTemplate.ContainerSpec.Image}, not ${image}`)
  }
  const replicas = replicasFor(scenario, service, truth, live)
  if (service.mode === 'replicated' && spec.Mode.Replicated?.Replicas !== replicas) {
    texts.push(`its spec has ${spec.Mode.Replicated?.Replicas} replicas, not ${replicas}`)
  }
  const routed = Object.keys(spec.Labels ?? {}).some((label) => label.startsWith('traefik.'))
  if (service.strategy === 'blue-green' && scenario.shape === 'services' && service.route === 'labels' && !routed) {
    texts.push(`${live} has not the labels that lead the traffic`)
  }
  const others = siblings(name).filter((one) => one !== live)
  const beside = truth.services.filter((one) => others.includes(one.name))
  texts.push(...beside.map((one) => `${one.name} is there as well`))
  const stray = truth.containers.filter(
    (container) => (container.service === live && container.image !== image) || others.includes(container.service),
  )
  texts.push(...stray.map(({ service: of, node, image: runs }) => `${of} runs ${runs} on ${node}`))
  return [...texts, ...missing(scenario, service, said, truth, wanted)]
}

/** Without what the swarm has told to end, which may take its time: docker's own client does not wait for it either. */
function thatStay(truth: Truth): Truth {
  return { ...truth, containers: truth.containers.filter(({ isEnding }) => isEnding === undefined) }
}

/** Of what else was asked for, what is not so. */
function notAsTold({ asks }: Scenario, service: PlayedService, said: Said, evidence: Evidence): string[] {
  const { before, settled, struck } = evidence
  const { name, live = name, outcome } = said
  const of = (truth: Truth) =>
    truth.containers.filter((one) => siblings(name).includes(one.service)).map(({ task }) => task)
  const [tasks, now] = [of(before), of(settled)]
  const old = now.filter((task) => tasks.includes(task))
  const spec = JSON.stringify(settled.services.find((one) => one.name === live)?.spec)
  const isForced = asks.force.includes(service.name) && !isJob(service)
  const attached = asks.attached ? [`token-${service.name}-`, `conf-${service.name}-`] : []
  return [
    ...(isForced ? old.map((task) => `its task ${task} was there before`) : []),
    ...(outcome === 'unchanged' && struck.length === 0 && !isJob(service) && old.length < tasks.length
      ? [`${tasks.length - old.length} of its tasks were replaced`]
      : []),
    ...attached.filter((one) => !spec?.includes(`"${one}`)).map((one) => `it has no ${one}…`),
  ]
}

/** How many tasks a service is to have. Whoever scales it meanwhile is right where the number is kept. */
function replicasFor(scenario: Scenario, service: PlayedService, truth: Truth, live: string): number {
  const { before, replicas } = service
  if (!scenario.asks.keepReplicas || before === undefined || service.mode !== 'replicated') return replicas
  const now = truth.services.find((one) => one.name === live)?.spec.Mode.Replicated?.Replicas
  const wasScaled = scenario.faults.some((one) => one.what === 'scale' && one.service === service.name)
  return wasScaled && now === before + 1 ? now : before
}

/** What does not run, of what a service was asked for. */
function missing(
  scenario: Scenario,
  service: PlayedService,
  said: Pick<Said, 'name' | 'live'>,
  truth: Truth,
  wanted: ReadonlyMap<string, string>,
): string[] {
  const live = said.live ?? said.name
  const image = wanted.get(said.name)
  const replicas = replicasFor(scenario, service, truth, live)
  const count = tasksOf({ ...service, replicas }, scenario.place, truth.ready)
  if (isJob(service)) {
    const done = truth.completed.filter((task) => task.service === live && task.image === image).length
    return done >= count ? [] : [`${done} of ${count} tasks of the job are complete`]
  }
  const running = truth.containers.filter((container) => container.service === live && container.image === image)
  const sick = running.filter(({ health }) => health === 'unhealthy' || health === 'starting')
  return [
    ...(running.length === count ? [] : [`${running.length} containers run it, not ${count}`]),
    ...sick.map(({ node, health }) => `its container on ${node} is ${health}`),
  ]
}

/** What is not as it was before. A job that was changed stays: going back would do its old work again. */
function notAsBefore(
  scenario: Pick<Scenario, 'shape' | 'number'>,
  service: PlayedService,
  before: Truth,
  now: Truth,
  wanted: ReadonlyMap<string, string>,
): string[] {
  return siblings(nameOnSwarm(scenario, service)).flatMap((name) => {
    const was = before.services.find((one) => one.name === name)
    const is = now.services.find((one) => one.name === name)
    if (was === undefined) return is === undefined ? [] : [`${name} ${NEW_THERE}`]
    if (is === undefined) return [`${name} is gone`]
    const texts: string[] = []
    const image = is.spec.TaskTemplate.ContainerSpec.Image
    if (isJob(service) && image === wanted.get(name)) return []
    if (!asksTheSame(was.spec, is.spec)) {
      const [old, present] = [was, is].map(({ spec }) => spec.TaskTemplate.ContainerSpec.Image)
      texts.push(old === present ? `the spec of ${name} is another` : `its spec has ${present}, not ${old}`)
    }
    if (isJob(service)) {
      const [done = 0, doneNow = 0] = [before, now].map(
        ({ completed }) => completed.filter((task) => task.service === name && task.image === image).length,
      )
      return doneNow > done ? [...texts, `${name} did its old work again`] : texts
    }
    const [ran, run] = [before, now].map(({ containers }) =>
      containers.filter((one) => one.service === name).map(({ image }) => image),
    )
    if (String(ran?.toSorted()) !== String(run?.toSorted())) {
      texts.push(`${name} ran ${ran?.join(', ') || 'nothing'}, and runs ${run?.join(', ') || 'nothing'}`)
    }
    return texts
  })
}

/** What is wrong with a run, for a person, and how to have it again. */
export function reportOf(scenario: Scenario, wrongs: readonly Wrong[]): string {
  const { seed, number } = scenario
  return [
    `#${number} ${titleOf(scenario)}`,
    ...wrongs.map(({ kind, service, text }) => `  ${kind}${service === undefined ? '' : `, ${service}`}: ${text}`),
    `  again: npm run faults -- --seed ${seed} --only ${number}`,
  ].join('\n')
}
