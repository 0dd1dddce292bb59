import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { type Lab, type LabImage, type LabOptions, startLab } from '../../lab/lab.ts'
import { until } from '../../lab/patience.ts'
import { checkRequirements } from '../../lab/requirements.ts'
import { Runner, type RunningStep, type Step, type StepResult } from '../../lab/runner.ts'
import type { Service, ServiceSpec, Task } from '../../src/docker/api.ts'
import { UNCOMPARED_LABELS } from '../../src/runner/own-labels.ts'
import { DaemonProxy } from './daemon-proxy.ts'

/** A lab for all tests of a file, and a runner whose steps reach its first manager. */
export interface Bench<Registry extends string> {
  readonly lab: Lab<Registry>
  readonly runner: Runner
  /**
   * A test that runs beside the others of its file that are made so: most of each is waiting. Its services, images and
   * files have names that no other test uses; it leaves nodes and registries as they are, and looks at its own alone.
   * A plain `test` begins when all that stand before it have ended.
   */
  beside(name: string, run: () => Promise<void>): void
  /** The same for each of some cases, as jest's `test.each`. */
  eachBeside<Case extends readonly [unknown, ...unknown[]]>(
    cases: readonly Case[],
    name: string,
    run: (...args: Case) => Promise<void>,
  ): void
  /** Runs a step against the first manager. */
  deploy(inputs: Step['with'], env?: Step['env']): Promise<StepResult>
  /** The same, to be stopped or looked at on its way. */
  start(inputs: Step['with'], env?: Step['env']): Promise<RunningStep>
  /** A step whose runner can be lost: killed for good, with no `post` that reaches the swarm. */
  startDoomed(inputs: Step['with']): Promise<RunningStep & { lose(): Promise<StepResult> }>
  service(name: string): Promise<Service>
  /** The image that a service is to run. */
  imageOf(name: string): Promise<string | undefined>
  /** The tasks of a service that run now. */
  running(name: string): Promise<TaskWithImage[]>
  /** Their images, in order. */
  imagesRunning(name: string): Promise<string[]>
  /** Tells the containers of a service to crash, whose image has the program `crashesWhenTold`. */
  crash(name: string): Promise<void>
  /** Waits for something to become true. */
  until(what: string, ask: () => boolean | Promise<boolean>): Promise<void>
  /** Waits until no node has a container whose name starts so: it goes some time after its service. */
  containersGone(prefix: string): Promise<void>
  /** The environment in which every start of `docker` leaves a line, from none on. */
  countingDocker(): Promise<Record<string, string>>
  /** How many times `docker` was started since. */
  dockerStarts(): Promise<number>
}

export type TaskWithImage = Task & { readonly Spec: { readonly ContainerSpec: { readonly Image: string } } }

const UP_LIMIT_MS = 300_000
const UNTIL_LIMIT_MS = 240_000
/** Only what never ends comes to it. */
const BESIDE_LIMIT_MS = 1_800_000

/**
 * A group of tests with a swarm of their own. Where no lab can run they are skipped, each of them counted, and the
 * reason is the group's name; in CI that is a failure. Where the docker CLI is too old for them they are skipped too.
 */
export function describeSwarm<Registry extends string>(
  name: string,
  options: LabOptions<Registry> | (() => Promise<LabOptions<Registry>>),
  tests: (swarm: Bench<Registry>) => void,
  oldestCli = 0,
): void {
  const missing = labProblem()
  const problem = missing ?? cliOlderThan(oldestCli)
  if (problem === undefined) {
    describe(name, () => {
      let begin: () => void = () => undefined
      const isReady = new Promise<void>((resolve) => {
        begin = resolve
      })
      tests(useLab(options, isReady))
      // The last of the hooks: jest begins tests that run side by side before the first of them.
      beforeAll(() => begin())
    })
  } else if (missing !== undefined && process.env.CI) {
    test(name, () => Promise.reject(new Error(missing)))
  } else {
    describe.skip(`${name} (skipped: ${problem})`, () => tests(useLab(options, Promise.resolve())))
  }
}

/** An image as a service has it: with its digest. */
export function pinned({ reference, digest }: LabImage): string {
  return `${reference}@${digest}`
}

/** An image without its tag: as a node knows one that it was told to pull by digest. */
export function untagged({ reference, digest }: LabImage): string {
  return `${reference.slice(0, reference.lastIndexOf(':'))}@${digest}`
}

/** A spec without what each write of ours notes in labels: its number, and the credential that is stored. */
export function unnumbered(spec: ServiceSpec): ServiceSpec {
  const labels = Object.entries(spec.Labels ?? {}).filter(([label]) => !UNCOMPARED_LABELS.includes(label))
  return { ...spec, Labels: Object.fromEntries(labels) }
}

/** What the step says of each service. */
export function resultsOf({ outputs }: StepResult) {
  return JSON.parse(outputs.services ?? '[]')
}

/** The version that the docker CLI of this machine reports: `28.2.2`, `20.10.24+dfsg1`. */
export function cliVersion(): string {
  const { stdout } = spawnSync('docker', ['--version'], { encoding: 'utf8' })
  return /version ([^\s,]+)/.exec(stdout ?? '')?.[1] ?? 'none'
}

/** What is missing when the docker CLI of this machine is older than a release; Debian 12 has 20.10. */
export function cliOlderThan(release: number): string | undefined {
  const version = cliVersion()
  return Number.parseInt(version, 10) >= release ? undefined : `needs docker CLI ${release}, and this one is ${version}`
}

/** Stacks of the tests have jobs, and keys that only a docker CLI of that version takes. */
export const STACK_CLI = 23

/**
 * The last lines of a compose file whose tasks are on the network of their node: one on a network of its stack costs three
 * times as much as the task itself.
 */
export const ON_THE_NODE = 'networks: {default: {name: host, external: true}}\n'

/** A test that is skipped when something is missing here; then its name says what, and it is counted. */
export function testUnless(
  problem: string | undefined,
  name: string,
  run: () => Promise<void>,
  limitMs?: number,
  how: (name: string, run: () => Promise<void>, limitMs?: number) => void = test,
): void {
  if (problem === undefined) how(name, run, limitMs)
  else test.skip(`${name} (skipped: ${problem})`, run, limitMs)
}

function labProblem(): string | undefined {
  try {
    checkRequirements()
    return undefined
  } catch (error) {
    return String((error as Error).message)
  }
}

/**
 * Brings a lab and a runner up before the tests of the group, and takes them down after them.
 *
 * @param isReady when tests that run side by side may begin
 */
function useLab<Registry extends string>(
  options: LabOptions<Registry> | (() => Promise<LabOptions<Registry>>),
  isReady: Promise<void>,
): Bench<Registry> {
  let lab: Lab<Registry> | undefined
  let runner: Runner | undefined
  let doomed = 0
  const upLab = () => lab ?? missing('lab')
  const upRunner = () => runner ?? missing('runner')

  beforeAll(async () => {
    // Half the time of a test's containers goes into a network that hardly one of them asks for.
    lab = await startLab({ bridge: false, ...(typeof options === 'function' ? await options() : options) })
    runner = await Runner.start()
  }, UP_LIMIT_MS)

  afterAll(async () => {
    await runner?.[Symbol.asyncDispose]()
    await lab?.down()
  }, UP_LIMIT_MS)

  const step = (inputs: Step['with'], env: Step['env'] = {}): Step => ({
    with: inputs,
    env: { DOCKER_HOST: upLab().nodes[0].host, ...env },
  })
  const service = (name: string) => upLab().service<Service>(name)
  const running = async (name: string) => {
    const tasks = (await upLab().tasks(name)) as unknown as TaskWithImage[]
    return tasks.filter((task) => task.Status.State === 'running' && task.DesiredState === 'running')
  }

  return {
    get lab() {
      return upLab()
    },
    get runner() {
      return upRunner()
    },
    beside: (name, run) => test.concurrent(name, () => isReady.then(run), BESIDE_LIMIT_MS),
    eachBeside: (cases, name, run) => {
      const all = test.concurrent.each(cases as unknown as unknown[][])
      all(
        name,
        (...args: unknown[]) => isReady.then(() => run(...(args as unknown as (typeof cases)[number]))),
        BESIDE_LIMIT_MS,
      )
    },
    deploy: (inputs, env) => upRunner().run(step(inputs, env)),
    start: (inputs, env) => upRunner().start(step(inputs, env)),
    async startDoomed(inputs) {
      const socket = join(upRunner().directory, `doomed-${++doomed}.sock`)
      const proxy = await DaemonProxy.start(socket, upLab().nodes[0].socket)
      const started = await upRunner().start(step(inputs, { DOCKER_HOST: proxy.host }))
      const lose = async () => {
        started.main.kill('SIGKILL')
        await proxy[Symbol.asyncDispose]()
        return started.finished
      }
      return { ...started, lose }
    },
    service,
    imageOf: async (name) => (await service(name)).Spec.TaskTemplate.ContainerSpec?.Image,
    running,
    imagesRunning: async (name) => (await running(name)).map(({ Spec }) => Spec.ContainerSpec.Image).toSorted(),
    async crash(name) {
      const filter = ['--filter', `label=com.docker.swarm.service.name=${name}`]
      for (const { name: node } of upLab().nodes) {
        const { stdout } = await upLab().docker(['ps', '--quiet', ...filter], { node })
        const ids = stdout.split('\n').filter((id) => id !== '')
        if (ids.length > 0) await upLab().docker(['kill', '--signal', 'USR1', ...ids], { node })
      }
    },
    async until(what, ask) {
      await until(what, UNTIL_LIMIT_MS, ask)
    },
    async containersGone(prefix) {
      for (const node of upLab().nodes) {
        await until(`the end of the containers ${prefix} on ${node.name}`, UNTIL_LIMIT_MS, async () => {
          const { body } = await node.engine<{ Names: string[] }[]>('GET', '/containers/json?all=1')
          return !body.some(({ Names }) => Names.some((name) => name.startsWith(`/${prefix}`)))
        })
      }
    },
    async countingDocker() {
      const bin = join(upRunner().directory, 'bin')
      await mkdir(bin, { recursive: true })
      await rm(join(bin, 'starts'), { force: true })
      const real = `PATH="\${PATH#*:}" exec docker "$@"`
      await writeFile(join(bin, 'docker'), `#!/bin/sh\necho "$1 $2 $3" >> '${bin}/starts'\n${real}\n`)
      await chmod(join(bin, 'docker'), 0o755)
      return { PATH: `${bin}:${process.env.PATH}` }
    },
    async dockerStarts() {
      const lines = await readFile(join(upRunner().directory, 'bin', 'starts'), 'utf8')
      return lines.trim().split('\n').length
    },
  }
}

function missing(what: string): never {
  throw new Error(`the ${what} is up only while tests run`)
}
