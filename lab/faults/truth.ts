import { isDeepStrictEqual } from 'node:util'
import type { Lab, LabNode } from '../lab.ts'

/** What the swarm and its machines say by themselves, without any word of the step. */
export interface Truth {
  readonly services: readonly ServiceSeen[]
  /** Those that the nodes' own daemons list as running, of any service. */
  readonly containers: readonly ContainerSeen[]
  /** How many tasks of each service, by its name and image, have come to a good end. */
  readonly completed: readonly { readonly service: string; readonly image: string }[]
  /** The names of the locks that are held. */
  readonly locks: readonly string[]
  /** The records of deploys: the names of their config objects, with `stack/NAME` or `service/NAME`. */
  readonly records: readonly { readonly name: string; readonly of: string }[]
  /** Networks, secrets and configs that a scenario may have made. */
  readonly objects: readonly { readonly id: string; readonly name: string }[]
  /** How many nodes of each role are ready. */
  readonly ready: { readonly manager: number; readonly worker: number }
}

export interface ServiceSeen {
  readonly id: string
  readonly name: string
  readonly spec: Spec
  readonly previous?: Spec
}

/** The part of a spec that is looked at; more is there. */
export interface Spec {
  readonly Name: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly Mode: { readonly Replicated?: { readonly Replicas?: number } }
  readonly TaskTemplate: {
    readonly ContainerSpec: { readonly Image: string }
    readonly ForceUpdate?: number
    readonly Placement?: Readonly<Record<string, unknown>>
  }
}

export interface ContainerSeen {
  readonly service: string
  readonly node: string
  readonly image: string
  /** The ID of its task. */
  readonly task: string
  /** `healthy`, `unhealthy`, `starting`; `none` without a check. */
  readonly health: string
  /** The swarm has told its task to end. */
  readonly isEnding?: true
}

const ASK_LIMIT_MS = 5_000
const TO_END: readonly string[] = ['shutdown', 'remove']

interface Api {
  service: { ID: string; Spec: Spec; PreviousSpec?: Spec }
  task: {
    ID: string
    ServiceID: string
    DesiredState: string
    Status: { State: string }
    Spec: { ContainerSpec: { Image: string } }
  }
  node: { Spec: { Role: 'manager' | 'worker' }; Status: { State: string } }
  container: { Image: string; Status: string; Labels: Record<string, string> }
  object: { ID: string; Spec: { Name: string; Labels?: Record<string, string> | null } }
  network: { Id: string; Name: string; Labels: Record<string, string> | null }
}

const RECORD_LABEL = 'swarm-deploy.record.of'
/** What scenarios call the objects that the step makes for services. */
const MADE = /^(?:token|conf|own)-/

/** Looks at the swarm by the first manager that answers, and at every machine. Rejects while one of them is silent. */
export async function look(lab: Lab): Promise<Truth> {
  const [services, tasks, nodes, configs, secrets, networks, ...perNode] = await Promise.all([
    fromManager<Api['service'][]>(lab, '/services'),
    fromManager<Api['task'][]>(lab, '/tasks'),
    fromManager<Api['node'][]>(lab, '/nodes'),
    fromManager<Api['object'][]>(lab, '/configs'),
    fromManager<Api['object'][]>(lab, '/secrets'),
    fromManager<Api['network'][]>(lab, '/networks'),
    ...lab.nodes.map((node) => containersOn(node)),
  ])
  const ending = new Set(tasks.filter(({ DesiredState }) => TO_END.includes(DesiredState)).map(({ ID }) => ID))
  const names = new Map(services.map(({ ID, Spec }) => [ID, Spec.Name]))
  const readyOf = (role: string) => nodes.filter(({ Spec, Status }) => Spec.Role === role && Status.State === 'ready')
  return {
    services: services.map(({ ID: id, Spec: spec, PreviousSpec: previous }) => ({
      id,
      name: spec.Name,
      spec,
      ...(previous && { previous }),
    })),
    containers: perNode.flat().map((container) => ({
      ...container,
      ...(ending.has(container.task) && { isEnding: true }),
    })),
    completed: tasks
      .filter(({ Status }) => Status.State === 'complete')
      .map(({ ServiceID, Spec }) => ({ service: names.get(ServiceID) ?? '', image: Spec.ContainerSpec.Image })),
    locks: configs.map(({ Spec }) => Spec.Name).filter((name) => name.startsWith('swarm-deploy.lock')),
    records: configs.flatMap(({ Spec: { Name: name, Labels } }) => {
      const of = Labels?.[RECORD_LABEL]
      return of === undefined ? [] : [{ name, of }]
    }),
    objects: [
      ...[...configs, ...secrets].map(({ ID: id, Spec: { Name: name } }) => ({ id, name })),
      ...networks.map(({ Id: id, Name: name }) => ({ id, name })),
    ].filter(({ name }) => MADE.test(name)),
    ready: { manager: readyOf('manager').length, worker: readyOf('worker').length },
  }
}

/** The answer of the first manager that has one. */
export async function fromManager<T>(lab: Lab, path: string): Promise<T> {
  const managers = lab.nodes.filter(({ role }) => role === 'manager')
  return Promise.any(managers.map((node) => ask<T>(node, path)))
}

/** An answer of one node. Rejects when it has another status than 200, or takes more than five seconds. */
export async function ask<T>(node: LabNode, path: string): Promise<T> {
  const late = new Promise<never>((_, fail) => {
    setTimeout(() => fail(new Error(`${node.name} does not answer`)), ASK_LIMIT_MS).unref()
  })
  const answer = await Promise.race([node.engine<T>('GET', path), late])
  if (answer.status !== 200) throw new Error(`${node.name}: ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function containersOn(node: LabNode): Promise<ContainerSeen[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['com.docker.swarm.service.name'], status: ['running'] }))
  const containers = await ask<Api['container'][]>(node, `/containers/json?filters=${filters}`)
  return containers.map(({ Image: image, Status, Labels }) => ({
    service: Labels['com.docker.swarm.service.name'] ?? '',
    node: node.name,
    image,
    task: Labels['com.docker.swarm.task.id'] ?? '',
    health: /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(Status)?.[1] ?? 'none',
  }))
}

/** Whether two specs ask for the same, but for what this action notes on them and what restarts nothing. */
export function asksTheSame(one: Spec, other: Spec): boolean {
  return isDeepStrictEqual(essence(one), essence(other))
}

function essence(spec: Spec): unknown {
  const { ForceUpdate: _, Placement: { Platforms: __, ...placement } = {}, ...template } = spec.TaskTemplate
  const labels = Object.entries(spec.Labels ?? {}).filter(([name]) => !name.startsWith('swarm-deploy.'))
  return JSON.parse(
    JSON.stringify({
      ...spec,
      Labels: Object.fromEntries(labels),
      TaskTemplate: { ...template, Placement: placement },
    }),
  )
}
