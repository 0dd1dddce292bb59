import type { Lab } from '../../../lab/lab.ts'
import { crashesAfter, exits, type Program, runs, unhealthy } from '../../../lab/program.ts'
import { nowMs } from '../../../src/runner/time/clock.ts'
import { answer } from './api.ts'
import { pass } from './hand-clock.ts'
import { type Image, pin } from './images.ts'
import { MemorySwarm } from './memory-swarm.ts'
import { copyOf } from './objects.ts'
import type { ImageName, Stage, ToldState } from './trace.ts'

/** A real swarm's time goes on, also while that of the model is stopped. */
const realTimeout = setTimeout
const realNow = performance.now.bind(performance)

/** The same images on both: what they do, for the lab and for the model. */
const PROGRAMS: Readonly<Record<Exclude<ImageName, 'missing'>, readonly [Program, Image]>> = {
  one: [runs(), {}],
  two: [runs(), {}],
  crashes: [exits(3), { ends: { afterSeconds: 0.1, exitCode: 3 } }],
  crashesLater: [crashesAfter(4), { ends: { afterSeconds: 4, exitCode: 1 } }],
  sick: [unhealthy(), { unhealthy: true }],
  ends: [exits(0), { ends: { afterSeconds: 0.1, exitCode: 0 } }],
}

/** A swarm of the lab. */
export async function labStage<Registry extends string>(lab: Lab<Registry>, registry: Registry): Promise<Stage> {
  const [manager] = lab.nodes
  const images = await Promise.all(
    Object.entries(PROGRAMS).map(async ([tag, [program]]) => {
      const { reference, digest } = await lab.image({ registry, repository: 'play', tag, content: tag, ...program })
      return [tag, `${reference}@${digest}`]
    }),
  )
  const missing = `${lab.registries[registry].host}/play:missing`
  return {
    call: (method, path, query = {}, body) => manager.engine(method, `${path}?${new URLSearchParams(query)}`, body),
    pause: (ms) => new Promise((resolve) => realTimeout(resolve, ms)),
    nowMs: realNow,
    images: { ...Object.fromEntries(images), missing },
    hosts: new Map(lab.nodes.map(({ id, name }) => [id, name])),
    toldStates: async (id) => {
      const filters = JSON.stringify({ type: ['service'], service: [id] })
      const query = new URLSearchParams({ since: '1', until: String(Date.now() / 1000), filters })
      return statesIn((await manager.engine('GET', `/events?${query}`)).body)
    },
  }
}

/** @param events a line of JSON for each; an answer of one line is read already */
function statesIn(events: unknown): ToldState[] {
  const text = typeof events === 'string' ? events : JSON.stringify(events)
  return text.split('\n').flatMap((line) => {
    if (line === '') return []
    const { Actor, timeNano } = JSON.parse(line) as ServiceEvent
    const state = Actor.Attributes['updatestate.new']
    return state === undefined ? [] : [{ state, atMs: timeNano / 1e6 }]
  })
}

interface ServiceEvent {
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> }
  readonly timeNano: number
}

/** A memory swarm with as many nodes, on stopped time. */
export function memoryStage(nodes: number): Stage {
  const tagged = Object.entries(PROGRAMS).map(([tag, [, image]]) => [`hub.test/play:${tag}`, image] as const)
  const swarm = new MemorySwarm({
    nodes: Array.from({ length: nodes }, () => ({})),
    images: Object.fromEntries(tagged),
  })
  const { store, images } = swarm
  const ask: Stage['ask'] = (method, path, query = {}) => copyOf(answer(store, images, { method, path, query }))
  return {
    call: async (method, path, query = {}, body) => answer(store, images, { method, path, query, body: copyOf(body) }),
    ask,
    pause: (ms) => pass(ms / 1000),
    nowMs,
    images: {
      ...(Object.fromEntries(
        tagged.map(([reference]) => [reference.split(':')[1], pin(reference)]),
      ) as Stage['images']),
      missing: 'hub.test/play:missing',
    },
    hosts: new Map([...store.nodes.values()].map(({ id, hostname }) => [id, hostname])),
    onChange: (look) => store.onChange(look),
  }
}
