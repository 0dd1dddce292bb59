import type { Node, ServiceSpec } from '../docker/api.ts'
import type { ImageReference } from '../docker/registry/reference.ts'
import { tokenOf } from '../docker/registry/token.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import { isHostPort } from '../docker/swarm/published-ports.ts'
import { startFirstNote } from '../docker/swarm/room.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { policyAdvice } from '../inputs/update-policy.ts'
import { storedPasswordInWords } from '../plan/credentials/account.ts'
import { storedLogin } from '../plan/credentials/stored-account.ts'
import { groupBy } from '../runner/group-by.ts'
import { type Doc, docLink, withDocLink } from '../runner/log/doc-link.ts'
import { someOf } from '../runner/text/some-of.ts'

/** A service that the run changed, with what is known of its image. */
export interface Linted {
  readonly name: string
  /** As the swarm has it now. */
  readonly spec: ServiceSpec
  /** As the user asked for it; `undefined` when the service keeps its own. */
  readonly image: ImageReference | undefined
  /** Its strategy updates it where it is. */
  readonly updatesInPlace: boolean
  /** Its strategy lets nothing run between the old tasks and the new ones, on purpose. */
  readonly hasDowntime: boolean
  /** What was sent for the nodes to store. */
  readonly credential: Credential | undefined
  /** Whether the image itself brings a health check; `undefined` when nobody knows. */
  readonly imageHasCheck: boolean | undefined
}

/** What the advice depends on besides the services. */
interface Circumstances extends Pick<Deployment, 'onFailure' | 'stack'> {
  readonly nodes: readonly Node[]
}

interface Rule {
  readonly doc: Doc
  /**
   * What a service has in common with others and what to do, in the words of the place where it is mended; `undefined`
   * when there is nothing to say against it.
   */
  readonly advise: (service: Linted, circumstances: Circumstances) => string | undefined
}

/** What will hurt one day although the deploy went well. */
const RULES: readonly Rule[] = [
  {
    doc: 'no health check',
    advise: ({ spec, imageHasCheck }, { stack }) =>
      isJob(spec) || !hasNoHealthCheck(spec, imageHasCheck)
        ? undefined
        : `no health check: Swarm takes a task for up as soon as its process runs. Add HEALTHCHECK to the image, or ${
            stack === undefined ? '`--health-cmd` to `create-args`' : '`healthcheck` to the service'
          }`,
  },
  {
    doc: 'a gap at each update',
    advise: (service, { stack, nodes }) =>
      hasGapOnUpdate(service, nodes)
        ? `stop-first with one replica: nothing answers while an update replaces the task. Use ${policyAdvice({ order: 'start-first' }, stack !== undefined)}, or more replicas`
        : undefined,
  },
  {
    doc: 'start-first without room',
    advise: ({ spec, updatesInPlace }, { stack, nodes }) => {
      const why = updatesInPlace ? startFirstNote(spec, nodes) : undefined
      const instead = policyAdvice({ order: 'stop-first' }, stack !== undefined)
      return why && `start-first will not work for the next update: ${why}. Use ${instead}`
    },
  },
  {
    doc: 'a failed update stays',
    advise: ({ spec }, { onFailure, stack }) =>
      onFailure === 'keep' && !isJob(spec) && (spec.UpdateConfig?.FailureAction ?? 'pause') === 'pause'
        ? `failure action pause, and \`on-failure: keep\`: a failed update stays half done until somebody looks. Use \`on-failure: rollback\`, or ${policyAdvice({ failure_action: 'rollback' }, stack !== undefined)}`
        : undefined,
  },
  {
    doc: 'an image without a version',
    advise: ({ image }) =>
      image !== undefined && image.digest === undefined && (image.tag ?? 'latest') === 'latest'
        ? 'image without a version (`latest`, or no tag): nobody can tell later what ran, and an earlier one cannot be named. Deploy a tag of its own for each build'
        : undefined,
  },
]

/** Of more services than these nobody reads the names. */
const MOST_NAMES = 20

/**
 * What may hurt later in the services that a run changes, one line for each advice, with the services that it concerns
 * and where it is explained. Pure: nothing of it makes a run fail.
 *
 * @param link where a section of our documentation is
 */
export function lint(
  services: readonly Linted[],
  circumstances: Circumstances,
  link: (doc: Doc) => string = docLink,
): string[] {
  const ofServices = RULES.flatMap(({ doc, advise }) => {
    const advised = services.flatMap((service) => {
      const advice = advise(service, circumstances)
      return advice === undefined ? [] : [{ name: service.name, advice }]
    })
    return [...groupBy(advised, ({ advice }) => advice)].map(([advice, those]) => {
      const names = those.map(({ name }) => name)
      return withDocLink(`${someOf(names, MOST_NAMES)}: ${advice}`, link(doc))
    })
  })
  const credentials = new Set(services.flatMap(({ credential }) => credential ?? []))
  const ofTokens = [...credentials].flatMap((one) => tokenAdvice(one) ?? [])
  return [...ofServices, ...ofTokens.map((advice) => withDocLink(advice, link('a token that nodes store')))]
}

/** No check in the service, and for sure none in its image; or one that is switched off. */
function hasNoHealthCheck({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec, imageHasCheck?: boolean) {
  const [kind] = container?.Healthcheck?.Test ?? []
  return kind === undefined ? imageHasCheck === false : kind === 'NONE'
}

/**
 * One task, which could be replaced without a gap: start-first has room, and it is none of those that must not run
 * twice. What publishes a port of its node or writes to a mount is one, and by its name what holds data or a schedule.
 */
function hasGapOnUpdate({ name, spec, hasDowntime }: Linted, nodes: readonly Node[]): boolean {
  const { Mode: mode, UpdateConfig: update, TaskTemplate: template, EndpointSpec: endpoint } = spec
  if (hasDowntime || update?.Order === 'start-first') return false
  if (mode.Replicated === undefined || (mode.Replicated.Replicas ?? 1) !== 1) return false
  const { Mounts: mounts = [], Image: image = '' } = template.ContainerSpec ?? {}
  const hasOwn =
    (endpoint?.Ports ?? []).some(isHostPort) ||
    mounts.some(({ Type, ReadOnly }) => Type !== 'tmpfs' && ReadOnly !== true)
  const repository = image.split('@', 1)[0]?.split('/').at(-1)?.split(':', 1)[0] ?? ''
  if (hasOwn || mustRunOnce(name) || mustRunOnce(repository)) return false
  return startFirstNote({ ...spec, UpdateConfig: { ...update, Order: 'start-first' } }, nodes) === undefined
}

/** Words in the names of services and images of which two at a time would get in each other's way. */
const RUNS_ONCE = new Set(
  (
    'db database sql postgres postgresql postgis timescaledb mysql mariadb percona mssql mongo mongodb redis valkey ' +
    'keydb dragonfly memcached rabbitmq kafka redpanda zookeeper nats etcd consul vault elasticsearch opensearch solr ' +
    'meilisearch typesense influxdb clickhouse cassandra scylla couchdb neo4j minio prometheus victoriametrics loki ' +
    'registry gitea forgejo cron crond cronjob ofelia scheduler beat leader singleton migrate migration migrations'
  ).split(' '),
)

function mustRunOnce(name: string): boolean {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => RUNS_ONCE.has(word) || RUNS_ONCE.has(word.replace(/\d+$/, '')))
}

/** On a token that lasts; of those that end the check has warned. */
function tokenAdvice(credential: Credential): string | undefined {
  const token = tokenOf(storedLogin(credential), 0)
  if (token === undefined || token.end !== undefined) return undefined
  return `${storedPasswordInWords(credential)} is ${token.is}, and every node that runs a task stores it: ${token.remedy}`
}
