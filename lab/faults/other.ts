import { setTimeout as pause } from 'node:timers/promises'
import type { LabImage } from '../lab.ts'
import { type Arena, USER } from './arena.ts'
import { type Fault, nameOnSwarm, type Scenario } from './scenario.ts'
import { ask, type Spec } from './truth.ts'

const TRIES = 40
const PAUSE_MS = 100

type Deed = Extract<Fault, { kind: 'other' }>['what']

interface Found {
  readonly ID: string
  readonly Version: { readonly Index: number }
  readonly Spec: Spec
}

/** Somebody else does something to a service. True when the swarm took it. */
export async function meddle(
  what: Exclude<Deed, 'run'>,
  service: string,
  scenario: Scenario,
  arena: Arena,
  image: LabImage,
): Promise<boolean> {
  const name = nameOnSwarm(scenario, { name: service })
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const done = await attemptTo(what, name, arena, image).catch(() => false)
    if (done) return true
    await pause(PAUSE_MS)
  }
  return false
}

async function attemptTo(what: Exclude<Deed, 'run'>, name: string, arena: Arena, image: LabImage): Promise<boolean> {
  // Not the step's own way in, and whoever has a leader.
  const manager = await Promise.any(arena.managers.map((node) => ask(node, '/services').then(() => node)))
  const services = await ask<Found[]>(manager, '/services')
  const found = [name, `${name}-blue`, `${name}-green`].flatMap(
    (one) => services.find(({ Spec }) => Spec.Name === one) ?? [],
  )[0]
  if (found === undefined) return false
  const { ID, Version, Spec: spec } = found
  if (what === 'remove') return (await manager.engine('DELETE', `/services/${ID}`)).status === 200
  const [query, body] = what === 'roll back' ? ['&rollback=previous', spec] : ['', changed(spec, what, image)]
  const auth = Buffer.from(JSON.stringify({ username: USER, password: arena.password }))
  const header = auth.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  const path = `/services/${ID}/update?version=${Version.Index}${query}`
  return (await manager.engine('POST', path, body, { 'x-registry-auth': header })).status === 200
}

function changed(spec: Spec, what: 'deploy' | 'scale' | 'force', { reference, digest }: LabImage): Spec {
  const { TaskTemplate: template } = spec
  const replicas = spec.Mode.Replicated?.Replicas
  if (what === 'deploy') {
    const ContainerSpec = { ...template.ContainerSpec, Image: `${reference}@${digest}` }
    return { ...spec, TaskTemplate: { ...template, ContainerSpec } }
  }
  if (what === 'scale' && replicas !== undefined) return { ...spec, Mode: { Replicated: { Replicas: replicas + 1 } } }
  return { ...spec, TaskTemplate: { ...template, ForceUpdate: (template.ForceUpdate ?? 0) + 1 } }
}
