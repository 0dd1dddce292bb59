import { Random } from './random.ts'

/** A deploy and what goes wrong meanwhile: nothing but data, made from a seed and a number. */
export interface Scenario {
  readonly seed: number
  readonly number: number
  /** Whether the services are asked for by `services`, or by a compose file as a stack. */
  readonly shape: 'services' | 'stack'
  readonly services: readonly PlayedService[]
  /** Of a stack: how the tasks of all its services are replaced. */
  readonly strategy: Strategy
  /** Where the tasks may run: there they are not hit by what happens to managers. */
  readonly place: 'anywhere' | 'worker'
  readonly onFailure: 'rollback' | 'keep' | 'pause'
  readonly onCancel: 'rollback' | 'keep'
  readonly lock: boolean
  readonly timeoutSeconds: number
  readonly maxParallel: number
  /** Which nodes pull the images before anything is changed. */
  readonly prepare: 'false' | 'true' | 'enough' | 'auto'
  /** The places of the managers that the step is told of, in this order; the first is the way in. */
  readonly hosts: readonly number[]
  readonly faults: readonly Fault[]
  /** After it everything is deployed once more, with good images and without faults: that has to go well. */
  readonly again: boolean
  readonly asks: Asks
}

/** What is asked for beside images. */
export interface Asks {
  readonly run: 'deploy' | 'rollback' | 'remove' | 'status'
  /** How many deploys of ours have come up before. */
  readonly earlier: 0 | 1 | 2
  /** The names of the services that get new tasks in any case. */
  readonly force: readonly string[]
  /** Of a stack: those that are deployed; none: all. */
  readonly only: readonly string[]
  readonly keepReplicas: boolean
  /** An image that stays the same is asked for by another tag, which is to restart nothing. */
  readonly sameDigest: boolean
  /** Each service has a secret and a config of its own, and one network is made for all. */
  readonly attached: boolean
  readonly pruneImages: boolean
  readonly historyLimit: number
}

export const PLAIN: Asks = {
  run: 'deploy',
  earlier: 0,
  force: [],
  only: [],
  keepReplicas: false,
  sameDigest: false,
  attached: false,
  pruneImages: false,
  historyLimit: 10,
}

export type Strategy = 'rolling' | 'recreate' | 'canary' | 'blue-green'
export type Mode = 'replicated' | 'global' | 'replicated-job' | 'global-job'
/** What the image does that is asked for; `same` is the one that runs already. */
export type Behaviour = 'runs' | 'healthy' | 'same' | 'crashes' | 'unhealthy' | 'no-command'

export interface PlayedService {
  readonly name: string
  readonly mode: Mode
  /** How many tasks it has before; `undefined`: it is new. */
  readonly before: number | undefined
  readonly replicas: number
  readonly strategy: Strategy
  readonly behaviour: Behaviour
  /** Of Swarm's own policy. */
  readonly order: 'stop-first' | 'start-first'
  readonly failureAction: 'pause' | 'continue' | 'rollback'
  /** With blue-green, what leads the traffic to it. */
  readonly route: 'labels' | 'alias'
}

/** When a fault strikes: so many milliseconds after the step has begun a stage. */
export interface Moment {
  readonly stage: Stage
  readonly ms: number
}

export const STAGES = [
  'start',
  'check',
  'prepare',
  'first step',
  'deploy',
  'watch',
  'traffic',
  'way back',
  'removal',
] as const
export type Stage = (typeof STAGES)[number]

export type Fault =
  /** Of a machine; it ends after some seconds. */
  | (Struck<'node', 'kill' | 'freeze' | 'cut'> & { readonly which: 'leader' | 'entry' | 'follower' | 'worker' })
  /** Of the way between the step and the managers. */
  | Struck<'door', DoorFault>
  | Struck<'registry', 'error' | 'limit' | 'drop' | 'stall'>
  /** Somebody else, who does something to a service. */
  | (Struck<'other', 'deploy' | 'scale' | 'remove' | 'roll back' | 'force' | 'run'> & { readonly service: string })
  /** To the step itself. */
  | Struck<'signal', 'SIGTERM' | 'SIGKILL'>

interface Struck<Kind, What> {
  readonly kind: Kind
  readonly what: What
  readonly at: Moment
  readonly seconds: number
}

/**
 * `cut`: no connection lasts or begins. `stall`: nothing is passed on. `delay`: everything is late. `html`, `half`,
 * `noise`: answers are those of some proxy, end in the middle, or are no HTTP. `lost`: what is asked is done, and the
 * answer is not passed on.
 */
export type DoorFault = 'cut' | 'stall' | 'delay' | 'html' | 'half' | 'noise' | 'lost'

/** What a service is called on the swarm. */
export function nameOnSwarm(
  scenario: Pick<Scenario, 'shape' | 'number'>,
  { name }: Pick<PlayedService, 'name'>,
): string {
  return scenario.shape === 'stack' ? `${stackOf(scenario)}_${name}` : name
}

/** Each has a name of its own: a machine may know a network for long after it is gone. */
export function stackOf({ number }: Pick<Scenario, 'number'>): string {
  return `shop${number}`
}

/** Those of the services that a run is about. */
export function chosen({ services, asks: { only } }: Pick<Scenario, 'services' | 'asks'>): readonly PlayedService[] {
  return only.length === 0 ? services : services.filter(({ name }) => only.includes(name))
}

const NAMES = ['web', 'api', 'mail', 'search', 'import']
const LONGEST_PASSING_SECONDS = 8

export function isJob({ mode }: Pick<PlayedService, 'mode'>): boolean {
  return mode.endsWith('-job')
}

export function isGoodImage({ behaviour }: Pick<PlayedService, 'behaviour'>): boolean {
  return ['runs', 'healthy', 'same'].includes(behaviour)
}

/** The scenario with this number of a seed's series. */
export function scenarioOf(seed: number, number: number): Scenario {
  const random = new Random(seed, number)
  return asking(plainDeploy(seed, number, random), random)
}

/** The same with nothing asked for but images. */
export function deployOf(seed: number, number: number): Scenario {
  return plainDeploy(seed, number, new Random(seed, number))
}

function plainDeploy(seed: number, number: number, random: Random): Scenario {
  const shape = random.chance(25) ? 'stack' : 'services'
  const strategy = random.pick<Strategy>(['rolling', 'rolling', 'recreate', 'canary'])
  const services = NAMES.slice(0, random.pick([1, 1, 2, 2, 3, 4, 5])).map((name) =>
    playedService(name, shape === 'stack' ? strategy : undefined, random),
  )
  const strategies = shape === 'stack' ? [strategy] : services.map((service) => service.strategy)
  const onFailure = random.pick<Scenario['onFailure']>(['rollback', 'rollback', 'rollback', 'keep', 'pause'])
  const stages = stagesOf(services, strategies, onFailure)
  const faults = Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () => fault(services, stages, random))
  const kills = faults.some(({ kind, what }) => kind === 'node' && what === 'kill')
  const killed = faults.some(({ what }) => what === 'SIGKILL')
  const scenario: Omit<Scenario, 'prepare' | 'asks'> = {
    seed,
    number,
    shape,
    services,
    strategy,
    place: random.chance(kills ? 75 : 20) ? 'worker' : 'anywhere',
    onFailure,
    onCancel: random.pick(['rollback', 'keep']),
    lock: random.chance(20),
    timeoutSeconds: faults.some(({ kind }) => kind === 'node') ? 60 : 40,
    maxParallel: random.pick([1, 10, 10]),
    hosts: random.shuffled([0, 1, 2]).slice(0, random.pick([1, 2, 3])),
    faults,
    again: killed || random.chance(10),
  }
  // Drawn last, so that a series keeps what else is in it.
  const prepare = random.pick<Scenario['prepare']>(['false', 'false', 'true', 'true', 'enough', 'auto'])
  return {
    ...scenario,
    asks: PLAIN,
    prepare,
    faults: prepare === 'false' ? faults : faults.map((one) => perhapsEarlier(one, random)),
  }
}

/** The same scenario, with what else may be asked for. */
function asking(scenario: Scenario, random: Random): Scenario {
  const run = random.pick<Asks['run']>([
    'deploy',
    'deploy',
    'deploy',
    'deploy',
    'rollback',
    'rollback',
    'remove',
    'status',
  ])
  const names = scenario.services.map(({ name }) => name)
  const isStack = scenario.shape === 'stack'
  const sameDigest = random.chance(30)
  const attached = !isStack && !sameDigest && random.chance(40)
  const asks: Asks = {
    run,
    earlier: run === 'rollback' ? 2 : run === 'remove' || random.chance(20) ? 1 : 0,
    force: random.chance(20) ? names.filter(() => random.chance(60)) : [],
    only: isStack && names.length > 1 && random.chance(40) ? random.shuffled(names).slice(0, names.length - 1) : [],
    keepReplicas: random.chance(20),
    sameDigest,
    attached,
    pruneImages: random.chance(15),
    historyLimit: random.pick([10, 10, 1, 0]),
  }
  if (run === 'deploy')
    return { ...scenario, asks, services: asks.earlier > 0 ? scenario.services.map(wasThere) : scenario.services }
  const earlier = {
    ...asks,
    force: [],
    only: [],
    sameDigest: false,
    keepReplicas: false,
    pruneImages: false,
    historyLimit: 10,
  }
  return {
    ...scenario,
    asks: earlier,
    services: scenario.services.map((service) => ({
      ...wasThere({ ...service, before: service.replicas }),
      behaviour: run === 'rollback' && !isJob(service) ? 'runs' : 'same',
    })),
    strategy: scenario.strategy === 'canary' ? 'rolling' : scenario.strategy,
    // Swarm's own pause is by the policy of the version that is gone back to.
    onFailure: scenario.onFailure === 'pause' ? 'keep' : scenario.onFailure,
    faults: scenario.faults.map((one) => ({ ...one, at: { ...one.at, stage: stageIn(run, one.at.stage) } })),
  }
}

/** A run of ours can only come after a service is there, and all that it asks for has to run. */
function wasThere(service: PlayedService): PlayedService {
  const before = service.before ?? service.replicas
  return { ...service, before, strategy: service.strategy === 'canary' && before < 2 ? 'rolling' : service.strategy }
}

/** The nearest stage that such a run comes to. */
function stageIn(run: Asks['run'], stage: Stage): Stage {
  if (run === 'status') return 'start'
  if (run === 'remove') return stage === 'start' ? 'start' : 'removal'
  return stage === 'way back' ? 'watch' : stage
}

/** Most of the time of a run with images to pull goes into the other stages: so many a fault is moved to this one. */
function perhapsEarlier(fault: Fault, random: Random): Fault {
  return random.chance(40) ? { ...fault, at: { ...fault.at, stage: 'prepare' } } : fault
}

function playedService(name: string, ofAll: Strategy | undefined, random: Random): PlayedService {
  const mode = random.pick<Mode>([
    ...(['replicated', 'replicated', 'replicated', 'replicated'] as const),
    ...(['global', 'replicated-job', 'global-job'] as const),
  ])
  const isNew = random.chance(25)
  const before = mode === 'replicated' ? random.between(1, 3) : 1
  const fitting = strategiesFor(mode, isNew ? 0 : before)
  const good = random.chance(75)
  const behaviour = good
    ? random.pick<Behaviour>(mode.endsWith('-job') || isNew ? ['runs'] : ['runs', 'runs', 'healthy', 'same'])
    : random.pick<Behaviour>(mode.endsWith('-job') ? ['crashes', 'no-command'] : ['crashes', 'unhealthy', 'no-command'])
  const strategy = ofAll ?? random.pick(fitting)
  return {
    name,
    mode,
    before: isNew ? undefined : before,
    replicas: mode === 'replicated' ? (random.chance(70) ? before : random.between(1, 3)) : 1,
    strategy,
    behaviour,
    order: random.pick(['stop-first', 'stop-first', 'start-first']),
    failureAction: random.pick(['pause', 'pause', 'rollback', 'continue']),
    route: random.pick(['labels', 'labels', 'alias']),
  }
}

/** A canary needs a second task, and blue-green a service that runs on. */
function strategiesFor(mode: Mode, before: number): readonly Strategy[] {
  if (mode.endsWith('-job')) return ['rolling']
  if (mode === 'global') return ['rolling', 'recreate']
  return before === 1
    ? ['rolling', 'recreate', 'blue-green']
    : ['rolling', 'recreate', 'canary', 'canary', 'blue-green']
}

/** The stages that such a deploy comes to, the longer ones more than once. */
function stagesOf(
  services: readonly PlayedService[],
  strategies: readonly Strategy[],
  onFailure: Scenario['onFailure'],
): readonly Stage[] {
  const changed = services.some(({ before, behaviour }) => before !== undefined && behaviour !== 'same')
  const steps = changed && strategies.some((strategy) => strategy === 'canary' || strategy === 'recreate')
  const isGood = services.every(isGoodImage)
  const goesBack = !isGood && onFailure === 'rollback'
  return [
    ...(['start', 'check', 'deploy', 'deploy', 'watch', 'watch', 'watch'] as const),
    ...(steps ? (['first step', 'first step'] as const) : []),
    ...(changed && isGood && strategies.includes('blue-green') ? (['traffic', 'traffic'] as const) : []),
    ...(goesBack ? (['way back', 'way back'] as const) : []),
  ]
}

function fault(services: readonly PlayedService[], stages: readonly Stage[], random: Random): Fault {
  const at: Moment = {
    stage: random.pick(stages),
    ms: random.pick([0, 50, 300, 1000, 2500]),
  }
  const seconds = random.between(1, LONGEST_PASSING_SECONDS)
  const kind = random.pick<Fault['kind']>([
    'node',
    'node',
    'door',
    'door',
    'door',
    'registry',
    'other',
    'other',
    'signal',
  ])
  switch (kind) {
    case 'node':
      return {
        kind,
        what: random.pick(['kill', 'freeze', 'cut']),
        which: random.pick(['leader', 'leader', 'entry', 'follower', 'worker']),
        at,
        seconds,
      }
    case 'door':
      return { kind, what: random.pick(['cut', 'stall', 'delay', 'html', 'half', 'noise', 'lost']), at, seconds }
    case 'registry':
      return { kind, what: random.pick(['error', 'limit', 'drop', 'stall']), at, seconds }
    case 'other':
      return {
        kind,
        what: random.pick(['deploy', 'scale', 'remove', 'roll back', 'force', 'run']),
        service: random.pick(services).name,
        at,
        seconds: 0,
      }
    case 'signal':
      return { kind, what: random.pick(['SIGTERM', 'SIGTERM', 'SIGKILL']), at, seconds: 0 }
  }
}

/** A scenario in one line. */
export function titleOf({ shape, services, faults, onFailure, strategy, prepare, asks }: Scenario): string {
  const more = Object.entries(asks).flatMap(([key, value]) => {
    const isPlain = JSON.stringify(value) === JSON.stringify(PLAIN[key as keyof Asks])
    return isPlain ? [] : [value === true ? key : `${key} ${value}`]
  })
  const asked = services.map((service) => {
    const { mode, before, replicas, behaviour } = service
    const how = shape === 'stack' ? strategy : service.strategy
    return `${mode === 'replicated' ? `${before ?? 'new'}→${replicas}` : mode} ${how} ${behaviour}`
  })
  const struck = faults.map((one) => {
    const whom = 'which' in one ? ` ${one.which}` : 'service' in one ? ` ${one.service}` : ''
    const long = one.seconds > 0 ? ` ${one.seconds} s` : ''
    return `${one.kind} ${one.what}${whom}${long} @${one.at.stage}+${one.at.ms}`
  })
  return `${shape} [${asked.join(', ')}] ${onFailure}${prepare === 'false' ? '' : ` prepare ${prepare}`}${more.length === 0 ? '' : `, ${more.join(', ')}`}; ${struck.join(', ') || 'no fault'}`
}
