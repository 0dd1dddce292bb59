import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Lab, type LabImage, type LabNode, type LabOptions, startLab } from '../lab.ts'
import { until } from '../patience.ts'
import { exits, healthy, type Program, runs, unhealthy } from '../program.ts'
import { scratchDirectory } from '../scratch.ts'
import { demand } from '../unix-http.ts'
import { Door } from './door.ts'
import { type Behaviour, isJob, nameOnSwarm, type PlayedService, type Scenario, stackOf } from './scenario.ts'
import { tasksOf } from './tasks.ts'
import { ask, fromManager, look } from './truth.ts'

export const USER = 'deployer'
const NETWORK = 'shared'
const NANOSECONDS = 1e9
const WHOLE_LIMIT_MS = 120_000
const EMPTY_FOR_MS = 2000
const EMPTY_LIMIT_MS = 60_000
const BEFORE_LIMIT_MS = 60_000

/** What a lab for faults is: three managers, a worker, and a private registry. */
export function arenaOptions(password = `p:${randomBytes(9).toString('hex')}%0A"`): LabOptions<'main'> {
  return { nodes: 4, managers: 3, registries: { main: { accounts: { [USER]: { password } } } } }
}

/** A swarm on which one scenario after another is played. */
export class Arena implements AsyncDisposable {
  readonly lab: Lab<'main'>
  /** One for each manager, in the order of the nodes. */
  readonly doors: readonly Door[]
  readonly #directory: string
  readonly #network: string
  readonly #ownsLab: boolean

  private constructor(lab: Lab<'main'>, doors: readonly Door[], directory: string, network: string, ownsLab: boolean) {
    this.#ownsLab = ownsLab
    this.lab = lab
    this.doors = doors
    this.#directory = directory
    this.#network = network
  }

  /** Makes a lab that was brought up with `arenaOptions` fit for scenarios; without one it brings up its own. */
  static async start(given?: Lab<'main'>): Promise<Arena> {
    const lab = given ?? (await startLab(arenaOptions()))
    const directory = scratchDirectory('arena-')
    const managers = lab.nodes.filter(({ role }) => role === 'manager')
    const doors = await Promise.all(
      managers.map((node) => Door.start(join(directory, `${node.name}.sock`), node.socket)),
    )
    const { Id: network } = await demand<{ Id: string }>(lab.nodes[0].socket, 'POST', '/networks/create', {
      Name: NETWORK,
      Driver: 'overlay',
      Attachable: true,
    })
    return new Arena(lab, doors, directory, network, given === undefined)
  }

  get managers(): readonly LabNode[] {
    return this.lab.nodes.filter(({ role }) => role === 'manager')
  }

  get password(): string {
    return this.lab.registries.main.accounts[USER]?.password ?? ''
  }

  /** The network that all services with a name on one share. */
  get network(): string {
    return NETWORK
  }

  /** An image of its own for a service, so that every node has to pull it. */
  image(
    scenario: Scenario,
    service: PlayedService,
    version: string,
    behaviour: Behaviour,
    tag = version,
  ): Promise<LabImage> {
    const content = `${scenario.seed} ${scenario.number} ${service.name} ${version}`
    const repository = `shop/${service.name}`
    return this.lab.image({ registry: 'main', repository, tag, ...programOf(behaviour, service), content })
  }

  /** The image with docker in it by which nodes are asked. */
  tools(): Promise<LabImage> {
    return this.lab.image({ registry: 'main', repository: 'docker', tag: 'cli', content: 'cli', programs: ['docker'] })
  }

  /** Waits until every machine, and nothing of an earlier scenario, is there. */
  async clear(): Promise<void> {
    await until('having the whole swarm', WHOLE_LIMIT_MS, () => this.#isWhole())
    // A machine may start what it was told to before it hears that its service is gone.
    let emptySince = Number.POSITIVE_INFINITY
    await until('removing all services', EMPTY_LIMIT_MS, async () => {
      const services = await fromManager<{ ID: string }[]>(this.lab, '/services')
      await this.#removeAll('services', services)
      const { containers } = await look(this.lab)
      const isEmpty = services.length === 0 && containers.length === 0
      emptySince = isEmpty ? Math.min(emptySince, Date.now()) : Number.POSITIVE_INFINITY
      return Date.now() - emptySince >= EMPTY_FOR_MS
    })
    for (const kind of ['secrets', 'configs']) {
      await this.#removeAll(kind, await fromManager<{ ID: string }[]>(this.lab, `/${kind}`))
    }
    const networks = await fromManager<{ Id: string; Name: string; Labels: Record<string, string> | null }[]>(
      this.lab,
      '/networks',
    )
    const ofStacks = networks.filter(
      ({ Name, Labels }) => Labels?.['com.docker.stack.namespace'] !== undefined || Name.startsWith('own-'),
    )
    await this.#removeAll(
      'networks',
      ofStacks.map(({ Id: ID }) => ({ ID })),
    )
  }

  async #removeAll(kind: string, objects: readonly { ID: string }[]): Promise<void> {
    const [manager] = this.managers
    await Promise.all(objects.map(({ ID }) => manager?.engine('DELETE', `/${kind}/${ID}`)))
  }

  async #isWhole(): Promise<boolean> {
    const views = await Promise.all(
      this.managers.map((node) =>
        ask<{ Status: { State: string }; ManagerStatus?: { Reachability: string } }[]>(node, '/nodes'),
      ),
    )
    return views.every(
      (nodes) =>
        nodes.every(({ Status }) => Status.State === 'ready') &&
        nodes.filter(({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable').length ===
          this.managers.length,
    )
  }

  /** Makes the services that are there before, and waits until they run. */
  async prepare(scenario: Scenario, images: ReadonlyMap<string, LabImage>): Promise<void> {
    const there = scenario.services.filter(({ before }) => before !== undefined)
    if (scenario.shape === 'stack') await this.#prepareStack(scenario, there, images)
    else await Promise.all(there.map((service) => this.#prepareService(scenario, service, images.get(service.name))))
    await until('running what is there before', BEFORE_LIMIT_MS, async () => {
      const { containers, completed, ready } = await look(this.lab)
      return there.every((service) => {
        const name = nameOnSwarm(scenario, service)
        const wanted = tasksOf({ ...service, replicas: service.before ?? 0 }, scenario.place, ready)
        const runs = isJob(service) ? completed : containers
        return runs.filter((one) => one.service === name).length >= wanted
      })
    })
  }

  async #prepareService(scenario: Scenario, service: PlayedService, image: LabImage | undefined): Promise<void> {
    if (image === undefined) throw new Error(`no image for ${service.name}`)
    const auth = Buffer.from(JSON.stringify({ username: USER, password: this.password }))
    const header = auth.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    const spec = this.#specBefore(scenario, service, `${image.reference}@${image.digest}`)
    const answer = await this.lab.nodes[0].engine('POST', '/services/create', spec, { 'x-registry-auth': header })
    if (answer.status !== 201) throw new Error(`making ${service.name}: ${JSON.stringify(answer.body)}`)
  }

  #specBefore({ place }: Scenario, service: PlayedService, Image: string): unknown {
    const { name, mode, before, order, failureAction, route, strategy } = service
    const byLabels = strategy === 'blue-green' && route === 'labels'
    return {
      Name: name,
      Labels: byLabels ? { 'traefik.enable': 'true' } : {},
      TaskTemplate: {
        ContainerSpec: { Image },
        RestartPolicy: { Condition: isJob(service) ? 'on-failure' : 'any', Delay: NANOSECONDS },
        Placement: { Constraints: place === 'worker' ? ['node.role==worker'] : [] },
        ...(strategy === 'blue-green' && { Networks: [{ Target: this.#network }] }),
      },
      Mode: modeOf(mode, before ?? 0),
      ...(!isJob(service) && {
        UpdateConfig: { Parallelism: 1, FailureAction: failureAction, Monitor: NANOSECONDS, Order: order },
      }),
    }
  }

  async #prepareStack(scenario: Scenario, there: readonly PlayedService[], images: ReadonlyMap<string, LabImage>) {
    if (there.length === 0) return
    const config = scratchDirectory('config-', this.#directory)
    const auth = Buffer.from(`${USER}:${this.password}`).toString('base64')
    const { host } = this.lab.registries.main
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
    const file = join(config, 'compose.yml')
    const before = there.map((service) => ({ ...service, replicas: service.before ?? 1 }))
    await writeFile(file, composeOf(scenario, before, images))
    const args = ['stack', 'deploy', '--with-registry-auth', '--compose-file', file, stackOf(scenario)]
    const result = await this.lab.docker(args, { config })
    if (result.code !== 0) throw new Error(`deploying the stack: ${result.stderr}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.doors) await door[Symbol.asyncDispose]()
    if (this.#ownsLab) await this.lab.down()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

function programOf(behaviour: Behaviour, service: PlayedService): Program {
  switch (behaviour) {
    case 'runs':
    case 'same':
      return isJob(service) ? exits(0) : runs()
    case 'healthy':
      return healthy()
    case 'crashes':
      return exits(3, 'no database')
    case 'unhealthy':
      return unhealthy()
    case 'no-command':
      return { command: ['/bin/nothing-like-this'] }
  }
}

function modeOf(mode: PlayedService['mode'], replicas: number): unknown {
  switch (mode) {
    case 'replicated':
      return { Replicated: { Replicas: replicas } }
    case 'global':
      return { Global: {} }
    case 'replicated-job':
      return { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } }
    case 'global-job':
      return { GlobalJob: {} }
  }
}

/** A compose file, which is JSON too. */
export function composeOf(
  { place }: Pick<Scenario, 'place'>,
  services: readonly PlayedService[],
  images: ReadonlyMap<string, LabImage>,
): string {
  const entries = services.map((service) => {
    const { name, mode, replicas, order, failureAction } = service
    const deploy = {
      mode,
      ...(mode === 'replicated' && { replicas }),
      restart_policy: { condition: isJob(service) ? 'on-failure' : 'any', delay: '1s' },
      ...(place === 'worker' && { placement: { constraints: ['node.role==worker'] } }),
      ...(!isJob(service) && {
        update_config: { parallelism: 1, order, failure_action: failureAction, monitor: '1s' },
      }),
    }
    return [name, { image: images.get(name)?.reference, deploy }] as const
  })
  return JSON.stringify({ version: '3.8', services: Object.fromEntries(entries) }, null, 2)
}
