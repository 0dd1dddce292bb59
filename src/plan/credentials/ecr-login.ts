import { type AwsFailure, type EcrRegistry, ecrRegistry, ecrRemedy } from '../../docker/registry/ecr.ts'
import { throwAll, UserError } from '../../errors.ts'
import type { AwsSource, Credential } from '../../inputs/accounts/credential.ts'
import type { Environment } from '../../runner/environment.ts'
import { log, stage } from '../../runner/log/log.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { safeLine } from '../../runner/text/safe-text.ts'
import { timeLimit } from '../../runner/time/clock.ts'

const TITLE = 'Get logins from Amazon'
const LIMIT_MS = 60_000
/** What Amazon's example policies for a role expect of a token (docs.github.com, OpenID Connect in AWS). */
const AUDIENCE = 'sts.amazonaws.com'
const SESSION_NAME = 'swarm-deploy'

/** Few runs need it, and it is large. The package.json beside the code says which file it is. */
function library() {
  // It would warn of the Node that runs this, which is the runner's.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  return import(/* webpackIgnore: true */ '#aws')
}

/** Something went wrong before the login itself was asked for. */
class RoleRefused extends Error {}

/**
 * What is asked for, with the logins that Amazon gives for its registries in the place of what they are asked with. One is
 * asked for once, however many registries of a region it opens.
 *
 * @throws UserErrors with each that Amazon does not give
 */
export async function withEcrLogins<Asked extends { readonly credentials: readonly Credential[] }>(
  asked: Asked,
  env: Environment,
  stop: AbortSignal,
): Promise<Asked> {
  if (asked.credentials.every(({ aws }) => aws === undefined)) return asked
  return stage(TITLE, async () => {
    const signal = AbortSignal.any([stop, timeLimit(LIMIT_MS)])
    const problems: string[] = []
    const passwords = new Map<string, Promise<string>>()
    const credentials = await Promise.all(
      asked.credentials.map(async (credential): Promise<Credential> => {
        const { aws, registry, origin, username } = credential
        const ecr = ecrRegistry(registry)
        if (aws === undefined || ecr === undefined) return credential
        const key = JSON.stringify([ecr, aws.from, aws.from === 'workflow' ? aws.role : pairOf(aws)])
        const password = passwords.get(key) ?? untilAborted(passwordFor(ecr, aws, env, signal), signal)
        passwords.set(key, password)
        try {
          const { aws: _, ...rest } = credential
          const login = { ...rest, password: new Secret(await password, username) }
          log.info(`${registry}: a login from Amazon, ${sourceInWords(aws)}`)
          return login
        } catch (error) {
          stop.throwIfAborted()
          problems.push(`${origin}: Amazon gives no login for ${registry}: ${whyNot(error, ecr)}`)
          return credential
        }
      }),
    )
    throwAll(problems)
    return { ...asked, credentials }
  })
}

/** Amazon's library looks for credentials without a thought of any signal, and waits for a service that is silent. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, end } = aborted(signal)
  try {
    return await Promise.race([work, promise])
  } finally {
    end()
  }
}

function aborted(signal: AbortSignal): { promise: Promise<never>; end: () => void } {
  let onAbort = () => {}
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  return { promise, end: () => signal.removeEventListener('abort', onAbort) }
}

function pairOf(aws: AwsSource): string {
  return aws.from === 'keys' ? aws.id.reveal() : ''
}

function sourceInWords(aws: AwsSource): string {
  if (aws.from === 'workflow') return `as ${aws.role}`
  return aws.from === 'keys' ? 'with a key pair of the entry' : "with the step's own AWS credentials"
}

function whyNot(error: unknown, ecr: EcrRegistry): string {
  if (error instanceof UserError) return error.message
  const isRole = error instanceof RoleRefused
  const { name = '', message = '' } = ((isRole ? error.cause : error) ?? {}) as Partial<AwsFailure>
  // Below its first line Amazon repeats what it was asked, with the token of the session in it.
  const [first = ''] = message.trim().split('\n', 1)
  const isLate = name === 'TimeoutError' || name === 'AbortError'
  const said = isLate ? `there is no answer in ${LIMIT_MS / 1000} s` : safeLine(first === '' ? name : first)
  return `${said.replace(/\.$/, '')}. ${ecrRemedy({ name, message }, ecr, isRole ? 'role' : 'login')}`
}

/** @throws what Amazon's library throws; UserError, RoleRefused */
async function passwordFor(ecr: EcrRegistry, aws: AwsSource, env: Environment, signal: AbortSignal): Promise<string> {
  const sdk = await library()
  const { isPublic, region, isFips } = ecr
  const credentials = await credentialsOf(aws)
  const settings = { region, useFipsEndpoint: isFips, ...(credentials && { credentials }) }
  const options = { abortSignal: signal }
  const token = isPublic
    ? (await new sdk.ECRPUBLICClient(settings).send(new sdk.GetPublicTokenCommand({}), options)).authorizationData
    : (await new sdk.ECRClient(settings).send(new sdk.GetAuthorizationTokenCommand({}), options)).authorizationData?.[0]
  const [, password = ''] = /^AWS:(.+)$/s.exec(Buffer.from(token?.authorizationToken ?? '', 'base64').toString()) ?? []
  if (password === '') throw new UserError('its answer has no login. Run this again.')
  return password

  async function credentialsOf(source: AwsSource) {
    if (source.from === 'environment') return undefined
    if (source.from === 'keys') {
      return {
        accessKeyId: source.id.reveal(),
        secretAccessKey: source.secret.reveal(),
        ...(source.session && { sessionToken: source.session.reveal() }),
      }
    }
    const webIdentityToken = await tokenOfWorkflow(env, signal)
    const assume = sdk.fromWebToken({
      roleArn: source.role,
      roleSessionName: SESSION_NAME,
      webIdentityToken,
      clientConfig: { region },
    })
    const assumed = await assume().catch((cause: unknown) => {
      throw new RoleRefused('', { cause })
    })
    new Secret(assumed.secretAccessKey)
    if (assumed.sessionToken !== undefined) new Secret(assumed.sessionToken)
    return assumed
  }
}

/**
 * The token by which the server of a workflow says which repository and job this is (docs.github.com, OpenID Connect).
 *
 * @throws UserError when the job may not have one
 */
async function tokenOfWorkflow(env: Environment, signal: AbortSignal): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = '' } = env
  if (address === '' || bearer === '') {
    throw new UserError(
      'the job has no identity token. Give it `permissions: { id-token: write }`; a workflow of a fork gets none.',
    )
  }
  new Secret(bearer)
  const url = new URL(address)
  url.searchParams.set('audience', AUDIENCE)
  const headers = { Authorization: `Bearer ${bearer}`, Accept: 'application/json' }
  const answer = await fetch(url, { headers, signal, redirect: 'error' }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new UserError(
      `the server of the workflow gives no identity token (${safeLine(String(cause))}). Run this again.`,
    )
  })
  const { value } = answer.ok ? ((await answer.json()) as { readonly value?: unknown }) : {}
  if (typeof value !== 'string' || value === '') {
    throw new UserError(
      `the server of the workflow gives no identity token (status ${answer.status}). Check \`permissions: { id-token: write }\` of the job.`,
    )
  }
  new Secret(value)
  return value
}
