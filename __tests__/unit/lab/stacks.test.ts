import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { readCorpus } from '../../../lab/differential/corpus.ts'
import { SERVICE_KEYS } from '../../../src/inputs/compose/keys.ts'

/** What docker's schema has beside the keys of services, by the last words of where it is. */
const INNER_KEYS =
  'deploy.mode deploy.endpoint_mode deploy.replicas deploy.labels deploy.update_config deploy.rollback_config deploy.resources deploy.restart_policy deploy.placement update_config.parallelism update_config.delay update_config.failure_action update_config.monitor update_config.max_failure_ratio update_config.order rollback_config.parallelism rollback_config.delay rollback_config.failure_action rollback_config.monitor rollback_config.max_failure_ratio rollback_config.order limits.cpus limits.memory limits.pids reservations.cpus reservations.memory reservations.generic_resources discrete_resource_spec.kind discrete_resource_spec.value restart_policy.condition restart_policy.delay restart_policy.max_attempts restart_policy.window placement.constraints placement.preferences placement.max_replicas_per_node preferences.spread healthcheck.disable healthcheck.interval healthcheck.retries healthcheck.test healthcheck.timeout healthcheck.start_period healthcheck.start_interval logging.driver logging.options ports.mode ports.target ports.published ports.protocol volumes.type volumes.source volumes.target volumes.read_only volumes.consistency bind.propagation volume.nocopy volume.subpath tmpfs.size secrets.source secrets.target secrets.uid secrets.gid secrets.mode configs.source configs.target configs.uid configs.gid configs.mode credential_spec.config credential_spec.file credential_spec.registry nofile.soft nofile.hard aliases ipv4_address networks.name networks.driver networks.driver_opts networks.ipam ipam.driver ipam.config config.subnet networks.external networks.internal networks.attachable networks.labels volumes.name volumes.driver volumes.driver_opts volumes.external volumes.labels secrets.name secrets.file secrets.external secrets.labels secrets.template_driver configs.name configs.file configs.external configs.labels configs.template_driver'.split(
    ' ',
  )

const corpus = await readCorpus()
const trees = corpus.flatMap(({ files }) => files.map((text) => parse(text, { merge: true, intAsBigInt: true })))

test('there are at least eighty, each with a title of its own', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(80)
  expect(new Set(corpus.map(({ title }) => title)).size).toBe(corpus.length)
})

test('they use every key that docker stack takes', () => {
  const services = trees.flatMap(({ services }) => Object.values(services) as object[])
  const used = new Set(services.flatMap((service) => Object.keys(service)))
  expect(SERVICE_KEYS.filter((key) => !used.has(key))).toEqual([])
  const places = new Set(trees.flatMap((tree) => placesIn(tree)))
  const isUsed = (key: string) => [...places].some((place) => place.endsWith(`.${key}`))
  expect(INNER_KEYS.filter((key) => !isUsed(key))).toEqual([])
})

test('no two of them publish one port', () => {
  const ports = corpus.flatMap(({ files }) => [...new Set(files.join('').match(/\b21\d{3}\b/g))])
  expect(ports.filter((port, at) => ports.indexOf(port) !== at)).toEqual([])
})

/** Where there are keys: without the names that users give. */
function placesIn(node: unknown, place = '', isNamed = false): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => placesIn(item, place))
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, inner]) => {
    if (isNamed) return placesIn(inner, place)
    const inside = `${place}.${key}`
    const hasNames = /^\.(services|networks|volumes|secrets|configs)$|^\.services\.networks$/.test(inside)
    return [inside, ...placesIn(inner, inside, hasNames && !Array.isArray(inner))]
  })
}
