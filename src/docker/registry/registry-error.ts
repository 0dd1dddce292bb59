import { caFile, trustCommand } from './registry-ca.ts'

/**
 * A registry that works answers within a few seconds. The daemon itself gives up on a connection after 15 s and more,
 * and on an answer that does not end, never.
 */
export const REGISTRY_SECONDS = 30

/** Why a registry would not let the daemon log in, or would not tell it about an image. */
export type RegistryFailure =
  | 'wrong-credential'
  | 'credential-needed'
  | 'forbidden'
  | 'missing'
  | 'rate-limited'
  | 'unknown-ca'
  | 'bad-certificate'
  | 'client-certificate'
  | 'no-tls'
  | 'plain-http'
  | 'unreachable'
  | 'silent'
  | 'registry-error'
  | 'unknown'

/** Whom the request was about; never a secret. */
export interface RegistryRequest {
  readonly registry: string
  readonly repository?: string
  /** With its tag: `ghcr.io/org/app:1`. */
  readonly image?: string
  /** The name of the config whose credential was sent */
  readonly config?: string
  /** Its user; without config and username the request was anonymous */
  readonly username?: string
  /** It was made from this machine, and no node of a swarm has to do with it. */
  readonly isFromHere?: boolean
}

/**
 * The daemon's words, the most telling first: a TLS failure is never about the credential, and a registry that limits
 * or misses an image may still say "denied" further on. Docker up to 28 words its answers as docker/distribution does,
 * the containerd image store (default on a fresh 29) in its own way.
 */
const WORDINGS: readonly (readonly [RegistryFailure, RegExp])[] = [
  ['plain-http', /server gave http response to https client|first record does not look like a tls handshake/],
  ['unknown-ca', /x509: certificate signed by unknown authority|x509: .*certificate is not trusted/],
  ['bad-certificate', /x509:/],
  // The registry ends the handshake: only a certificate of the client's own makes it say so.
  ['client-certificate', /remote error: tls: (?:bad certificate|certificate required|unknown certificate)/],
  ['no-tls', /remote error: tls: |tls: (?:no supported versions|server selected unsupported|protocol version)/],
  ['rate-limited', /toomanyrequests|too many requests|rate limit|rate exceeded/],
  [
    'unreachable',
    /no such host|connection refused|connection reset|network is unreachable|no route to host|i\/o timeout|tls handshake timeout|context deadline exceeded|client\.timeout exceeded|server misbehaving|temporary failure in name resolution|proxyconnect|\beof$/,
  ],
  ['missing', /manifest unknown|name unknown|manifest for \S+ not found|repository \S+ not found|: not found$/],
  ['credential-needed', /no basic auth credentials|fetch anonymous token: .*\b40[13]\b/],
  // Amazon's words for a token older than 12 hours; it says "denied" though renewing the token is all it takes.
  ['wrong-credential', /authorization token has expired/],
  // Docker Hub's answer for a private and a missing repository alike, with "unauthorized" in the next line; Quay's, Harbor's.
  ['forbidden', /requested access to the resource is denied|insufficient_scope|not authorized|unauthorized to access/],
  // GitHub and GitLab call a wrong password "denied"; both lines of 29's form are the same error.
  ['wrong-credential', /denied: denied|from registry: denied\s+denied|http basic: access denied/],
  [
    'wrong-credential',
    /unauthorized|authentication required|incorrect username or password|invalid username\/password/,
  ],
  ['wrong-credential', /fetch oauth token: .*\b40[013]\b/],
  // How Amazon's registry answers a login with a token that it cannot read.
  ['wrong-credential', /login attempt to .*failed with status: 400/],
  ['registry-error', /login attempt to .*failed with status: 404/],
  ['registry-error', /service unavailable|bad gateway|gateway timeout|internal server error|invalid character '<'/],
]

/** The registry's own HTTP status, which the daemon wraps into a 500 of its own. */
const QUOTED_STATUS =
  /(?:failed with status:?|unexpected http status:|error parsing http|unexpected status.*?:?) (\d{3})\b/

/** What the daemon means by its answer to `POST /auth` or `GET /distribution/{image}/json`. */
export function classifyRegistryError(status: number, message: string): RegistryFailure {
  const text = withoutNames(message.toLowerCase()).trim()
  const worded = WORDINGS.find(([, wording]) => wording.test(text))
  if (worded !== undefined) return worded[0]
  const quoted = QUOTED_STATUS.exec(text)?.[1]
  if (quoted !== undefined) return failureOfStatus(Number(quoted))
  if (/\bdenied\b|\bforbidden\b/.test(text)) return 'forbidden'
  // The daemon's own 500 says only that it failed.
  return status === 500 ? 'unknown' : failureOfStatus(status)
}

/** What is wrong, in a few words that can stand after a colon. */
export function describeFailure(failure: RegistryFailure): string {
  switch (failure) {
    case 'wrong-credential':
      return 'the credential was refused'
    case 'credential-needed':
      return 'a credential is needed'
    case 'forbidden':
      return 'access is denied'
    case 'missing':
      return 'there is no such image'
    case 'rate-limited':
      return 'the registry limits the rate of requests'
    case 'unknown-ca':
      return "the registry's certificate is signed by an authority that the daemon does not know"
    case 'bad-certificate':
      return "the registry's certificate is not valid"
    case 'client-certificate':
      return 'the registry asks for a certificate of the daemon'
    case 'no-tls':
      return 'the registry and the daemon do not agree on TLS'
    case 'plain-http':
      return 'the registry speaks plain HTTP'
    case 'unreachable':
      return 'the daemon cannot reach the registry'
    case 'silent':
      return 'the registry gives no answer'
    case 'registry-error':
      return 'the registry failed'
    case 'unknown':
      return 'the daemon could not get an answer'
  }
}

/** What to do about it, in one sentence. */
export function remedy(failure: RegistryFailure, request: RegistryRequest): string {
  const { registry, repository, config, username } = request
  const image = repository === undefined ? registry : `${registry}/${repository}`
  const anonymous = config === undefined && username === undefined
  const credential = describeCredential(request)
  const here = request.isFromHere ? remedyHere(failure, registry) : undefined
  if (here !== undefined) return here
  // All that has the form of a host is in lower case by then.
  if (registry !== registry.toLowerCase() && (failure === 'unreachable' || failure === 'unknown')) {
    return `Write ${image.toLowerCase()} if a repository of Docker Hub is meant: docker takes ${registry} for a registry, for its capital letters.`
  }
  switch (failure) {
    case 'wrong-credential':
      return anonymous
        ? askForCredential(registry, image)
        : `Check user name and password of ${credential}: ${registry} refused them, or they have expired.`
    case 'credential-needed':
      return anonymous
        ? askForCredential(registry, image)
        : `Check that ${credential} holds a user name and a password: ${registry} received none.`
    case 'forbidden':
      return anonymous
        ? askForCredential(registry, image)
        : `Give ${credential} the right to pull ${image}, or choose another, and check that the repository exists: ${registry} does not tell the two apart.`
    case 'missing':
      return `Check the name and the tag of ${image}, and that the image has been pushed: ${registry} does not have it.`
    case 'rate-limited':
      if (!anonymous) return `Wait until ${registry} allows ${credential} more requests, or raise its limit.`
      return registry === 'docker.io'
        ? 'Add a credential for docker.io to registries: Docker Hub allows few pulls without one.'
        : `Wait until ${registry} allows more requests, or add a credential for it to registries.`
    case 'unknown-ca':
      return `Put the CA certificate of ${registry} into ${caFile(registry)} on every node of the swarm: ${trustCommand(registry)}. The daemon needs no restart.`
    case 'bad-certificate':
      return `Renew or correct the certificate of ${registry}, and check the clock of the nodes: it has expired, or was made for another name.`
    case 'client-certificate':
      return `Put a certificate that ${registry} accepts, with its key, beside ${caFile(registry)} on every node of the swarm, as client.cert and client.key.`
    case 'no-tls':
      return `Check what stands on the port of ${registry}: its versions of TLS, and the name that it answers to.`
    case 'plain-http':
      return `Serve ${registry} over HTTPS, or list it under "insecure-registries" in /etc/docker/daemon.json on every node of the swarm and reload the daemon.`
    case 'unreachable':
      return `Check that the swarm's managers and nodes, not only this runner, can reach ${registry}: its name, DNS, firewall and the daemon's proxy settings.`
    case 'silent':
      return `Check that ${registry} is in good health, and that the swarm's managers, not only this runner, can reach it: there was no whole answer within ${REGISTRY_SECONDS} s.`
    case 'registry-error':
      return `Check that ${registry} is a container registry and in good health, and run this again.`
    case 'unknown':
      return `Run "docker pull ${request.image ?? image}" on a manager to see what ${registry} says.`
  }
}

/** The same where it is this machine, and no swarm, that has to reach the registry. */
function remedyHere(failure: RegistryFailure, registry: string): string | undefined {
  switch (failure) {
    case 'unknown-ca':
      return `Put the CA certificate of ${registry} into /etc/docker/certs.d/${registry}/ca.crt on this machine.`
    case 'bad-certificate':
      return `Renew or correct the certificate of ${registry}, and check the clock of this machine: it has expired, or was made for another name.`
    case 'plain-http':
      return `Serve ${registry} over HTTPS, or list it under "insecure-registries" in /etc/docker/daemon.json of the docker daemon of this machine.`
    case 'unreachable':
      return `Check that this machine can reach ${registry}: its name, DNS and firewall. Where it needs a proxy, a docker daemon that knows the proxy has to log in: give its \`host\`.`
    case 'silent':
      return `Check that ${registry} is in good health, and that this machine can reach it: there was no whole answer within ${REGISTRY_SECONDS} s.`
    case 'unknown':
      return `Run "docker login ${registry}" on this machine to see what it says.`
    default:
      return undefined
  }
}

/** The addresses and image names, in which any word may stand: an image may well be called `access-denied`. */
function withoutNames(text: string): string {
  return text
    .replace(/https?:\/\/[^\s"\\]+/g, '<url>')
    .replace(/(reference \\?")[^"\\]*/g, '$1<image>')
    .replace(/(pull access denied for )[^\s,]+/g, '$1<image>')
}

function failureOfStatus(status: number): RegistryFailure {
  if (status === 401) return 'wrong-credential'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'missing'
  if (status === 429) return 'rate-limited'
  return status >= 500 && status < 600 ? 'registry-error' : 'unknown'
}

function describeCredential({ registry, config, username }: RegistryRequest): string {
  const user =
    username === undefined ? `the credential for ${registry}` : `the credential of ${username} for ${registry}`
  return config === undefined ? user : `${user} in config ${config}`
}

function askForCredential(registry: string, image: string): string {
  return `Add a credential for ${registry} to registries: ${image} cannot be read without one, or does not exist.`
}
