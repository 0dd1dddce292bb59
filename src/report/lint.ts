import type { ServiceSpec } from '../docker/api.ts'
import type { ImageReference } from '../docker/registry/reference.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import type { Credential, Deployment } from '../inputs/deployment.ts'
import { policyAdvice } from '../inputs/update-policy.ts'
import { monitorSecondsOf } from '../rollout/judge.ts'

/** A service that the run changed, with what is known of its image. */
export interface Linted {
  readonly name: string
  /** As the swarm has it now. */
  readonly spec: ServiceSpec
  /** As the user asked for it; `undefined` when the service keeps its own. */
  readonly image: ImageReference | undefined
  /** Its strategy lets nothing run between the old tasks and the new ones, on purpose. */
  readonly hasDowntime: boolean
  /** What was sent for the nodes to store. */
  readonly credential: Credential | undefined
  /** The health check that the image itself brings, `none` for sure, or `undefined` when nobody knows. */
  readonly imageHealth: ImageHealth | undefined
}

export type ImageHealth = 'none' | { readonly startSeconds: number }

type Policies = Pick<Deployment, 'monitorSeconds' | 'onFailure' | 'stack'>

interface Rule {
  readonly finds: (service: Linted, deployment: Policies) => boolean
  /** What the services that it finds have in common, and what to do; their names come before it. */
  readonly advice: string | ((isOfStack: boolean) => string)
}

const NANOSECONDS = 1e9

/** Policies that will hurt one day although the deploy went well. */
const RULES: readonly Rule[] = [
  {
    finds: ({ spec, imageHealth }) => !isJob(spec) && hasNoHealthCheck(spec, imageHealth),
    advice:
      'no health check: Swarm takes a task for up as soon as its process runs. Add HEALTHCHECK to the image, or `--health-cmd` to the service',
  },
  {
    finds: ({ spec, hasDowntime }) => !hasDowntime && hasGapOnUpdate(spec),
    advice: (isOfStack) =>
      `stop-first with one replica: nothing answers while an update replaces the task. Use ${policyAdvice({ order: 'start-first' }, isOfStack)}, or more replicas`,
  },
  {
    finds: ({ spec, imageHealth }, { monitorSeconds }) =>
      (monitorSeconds ?? monitorSecondsOf(spec)) < startSecondsOf(spec, imageHealth),
    advice: (isOfStack) =>
      `monitor window shorter than the start period of the health check: what fails after the window counts as a good deploy. Use a longer \`monitor\` in \`${isOfStack ? 'deploy.update_config' : 'update-config'}\`, or the input \`monitor\` for all`,
  },
  {
    finds: ({ spec }, { onFailure }) =>
      onFailure === 'keep' && !isJob(spec) && (spec.UpdateConfig?.FailureAction ?? 'pause') === 'pause',
    advice: (isOfStack) =>
      `failure action pause, and \`on-failure: keep\`: a failed update stays half done until somebody looks. Use \`on-failure: rollback\`, or ${policyAdvice({ failure_action: 'rollback' }, isOfStack)}`,
  },
  {
    finds: ({ image }) => image !== undefined && image.digest === undefined && (image.tag ?? 'latest') === 'latest',
    advice:
      'image without a version (`latest`, or no tag): nobody can tell later what ran, and an earlier one cannot be named. Deploy a tag of its own for each build',
  },
]

/**
 * What may hurt later in the services that a run changes, one line for each rule, with the services that it concerns.
 * Pure: nothing of it makes a run fail.
 */
export function lint(services: readonly Linted[], deployment: Policies): string[] {
  const ofServices = RULES.flatMap(({ finds, advice }) => {
    const found = services.filter((one) => finds(one, deployment)).map(({ name }) => name)
    if (found.length === 0) return []
    return [`${list(found)}: ${typeof advice === 'string' ? advice : advice(deployment.stack !== undefined)}`]
  })
  const credentials = new Set(services.flatMap(({ credential }) => credential ?? []))
  return [...ofServices, ...[...credentials].flatMap((one) => tokenAdvice(one) ?? [])]
}

/** No check in the service, and for sure none in its image; or one that is switched off. */
function hasNoHealthCheck({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec, image: Linted['imageHealth']) {
  const [kind] = container?.Healthcheck?.Test ?? []
  return kind === undefined ? image === 'none' : kind === 'NONE'
}

/** Where the new task could come first: what it publishes on its node, or writes to, can only be one task's. */
function hasGapOnUpdate({
  Mode: mode,
  UpdateConfig: update,
  TaskTemplate: template,
  EndpointSpec: endpoint,
}: ServiceSpec) {
  const mustStopFirst =
    (endpoint?.Ports ?? []).some(({ PublishMode }) => PublishMode === 'host') ||
    (template.ContainerSpec?.Mounts ?? []).some(({ Type, ReadOnly }) => Type !== 'tmpfs' && ReadOnly !== true)
  return (
    (mode.Replicated && (mode.Replicated.Replicas ?? 1) === 1 && update?.Order !== 'start-first') === true &&
    !mustStopFirst
  )
}

function startSecondsOf({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec, image: Linted['imageHealth']) {
  const own = container?.Healthcheck?.StartPeriod
  if (own !== undefined && own > 0) return own / NANOSECONDS
  return image === undefined || image === 'none' || container?.Healthcheck?.Test?.[0] === 'NONE'
    ? 0
    : image.startSeconds
}

interface Token {
  /** How the password looks, or who is named as its user, where its maker has a form or a name for it. */
  readonly form?: RegExp
  readonly username?: string
  readonly is: string
  readonly remedy: string
}

/**
 * Tokens that should not be stored with a service, by the form or the user name that their maker gave them.
 * How long they live: GitLab's job, Amazon's get-authorization-token (12 hours), Microsoft's `az acr login
 * --expose-token` (3 hours), Google's access tokens (1 hour), each as its documentation says.
 */
const TOKENS: readonly Token[] = [
  {
    form: /^(?:ghp|gho|ghu)_|^github_pat_/,
    is: 'a personal token of GitHub, which may well do more than pull',
    remedy: 'give one of a machine account with only `read:packages`',
  },
  {
    form: /^ghs_/,
    is: "a job's own token, which ends with the job, so that a node cannot pull with it later",
    remedy: 'give one that outlives the job, with only `read:packages`',
  },
  {
    form: /^glpat-/,
    is: 'a personal token of GitLab',
    remedy: 'give a deploy token with only `read_registry`',
  },
  {
    form: /^glcbt-/,
    username: 'gitlab-ci-token',
    is: "a job's own token of GitLab, which ends with the job, so that a node cannot pull with it later",
    remedy: 'give a deploy token with only `read_registry`',
  },
  {
    form: /^dckr_pat_/,
    is: 'a personal token of Docker Hub',
    remedy: "give an organisation's token, or one with read-only scope of a machine account",
  },
  {
    username: 'AWS',
    is: 'a token of Amazon ECR, which ends after 12 hours, so that a node cannot pull with it later',
    remedy: 'Amazon has none that lasts, so deploy again with a new one before a node has to pull',
  },
  {
    username: '00000000-0000-0000-0000-000000000000',
    is: 'an access token of Azure, which ends after 3 hours, so that a node cannot pull with it later',
    remedy: 'give a token of the registry with the scope map `_repositories_pull`',
  },
  {
    form: /^ya29\./,
    username: 'oauth2accesstoken',
    is: 'an access token of Google, which ends after one hour, so that a node cannot pull with it later',
    remedy: 'give the user `_json_key` with the key of a service account that may only read',
  },
]

function tokenAdvice({ origin, registry, username, password }: Credential): string | undefined {
  const token = TOKENS.find((one) => one.form?.test(password.reveal()) || one.username === username)
  if (token === undefined) return undefined
  return `the password of ${username} for ${registry} (${origin}) is ${token.is}, and every node that runs a task stores it: ${token.remedy}`
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names)
}
