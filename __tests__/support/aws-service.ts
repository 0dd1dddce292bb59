import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as Amazon's services would see it. */
export interface AwsRequest {
  readonly path: string
  /** `GetAuthorizationToken`, or an action of the token service, or `token` of the server of a workflow. */
  readonly action: string
  /** The region and service of the signature, and the key that it is made with. */
  readonly signedWith: string
  readonly body: string
}

/** What it gives out: the password in the login, and how it says no to a key. */
export interface AwsBehaviour {
  readonly password?: string
  /** The keys that it does not take. */
  readonly refused?: readonly string[]
  readonly refusesRole?: boolean
  /** The action that is never answered. */
  readonly silentAt?: string
  /** What it says to a key that it does not take. */
  readonly words?: string
}

/**
 * A stand-in for Amazon's services and for the server of a workflow, on loopback: it speaks their protocols (AWS JSON 1.1,
 * the query protocol of the token service, OpenID Connect), and notes who asked.
 */
export class AwsService implements AsyncDisposable {
  readonly requests: AwsRequest[] = []
  behaviour: AwsBehaviour = {}
  readonly #server = createServer(async (incoming, outgoing) => {
    const body = await textOf(incoming)
    const { status, type = 'application/x-amz-json-1.1', text } = this.#answer(incoming, body)
    if (this.requests.at(-1)?.action === this.behaviour.silentAt) return
    outgoing.writeHead(status, { 'content-type': type }).end(text)
  })

  static async start(): Promise<AwsService> {
    const service = new AwsService()
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The variables by which Amazon's library finds it, and nothing of this machine. */
  get env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_ECR: this.url,
      AWS_ENDPOINT_URL_ECR_PUBLIC: this.url,
      AWS_ENDPOINT_URL_STS: this.url,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nowhere/config',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(incoming: IncomingMessage, body: string) {
    const { headers, url: path = '' } = incoming
    const target = String(headers['x-amz-target'] ?? '')
    const [, key = '', scope = ''] =
      /Credential=([^/]+)\/\d+\/([^,]+)\/aws4_request/.exec(headers.authorization ?? '') ?? []
    const query = new URLSearchParams(body)
    const action = path.startsWith('/id-token') ? 'token' : (query.get('Action') ?? target.split('.').at(-1) ?? '')
    this.requests.push({ path, action, signedWith: `${key} ${scope}`.trim(), body })
    const { password = 'canary-of-ecr', refused = [], refusesRole = false } = this.behaviour
    if (action === 'token') {
      const isJob = headers.authorization === 'Bearer canary-of-the-job'
      return {
        status: isJob ? 200 : 403,
        type: 'application/json',
        text: JSON.stringify({ value: 'canary-of-identity' }),
      }
    }
    if (action === 'AssumeRoleWithWebIdentity') return roleAnswer(query, refusesRole)
    if (refused.includes(key)) {
      const message = this.behaviour.words ?? 'The security token included in the request is invalid.'
      return { status: 400, text: JSON.stringify({ __type: 'UnrecognizedClientException', message }) }
    }
    const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64')
    const expiresAt = 1_900_000_000
    const one = { authorizationToken, expiresAt }
    const isPublic = target.startsWith('SpencerFrontendService.')
    const authorizationData = isPublic
      ? one
      : [{ ...one, proxyEndpoint: 'https://x.dkr.ecr.eu-central-1.amazonaws.com' }]
    return { status: 200, text: JSON.stringify({ authorizationData }) }
  }
}

function roleAnswer(query: URLSearchParams, isRefused: boolean) {
  const type = 'text/xml'
  if (isRefused || query.get('WebIdentityToken') !== 'canary-of-identity') {
    const message = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'
    const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`
    return { status: 403, type, text: `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>` }
  }
  const credentials =
    '<AccessKeyId>ASIAOFTHEROLE</AccessKeyId><SecretAccessKey>canary-of-the-role</SecretAccessKey><SessionToken>canary-of-the-session</SessionToken><Expiration>2090-01-01T00:00:00Z</Expiration>'
  const user = `<AssumedRoleUser><Arn>${query.get('RoleArn')}</Arn><AssumedRoleId>x:y</AssumedRoleId></AssumedRoleUser>`
  const result = `<AssumeRoleWithWebIdentityResult><Credentials>${credentials}</Credentials>${user}</AssumeRoleWithWebIdentityResult>`
  const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'
  return {
    status: 200,
    type,
    text: `<AssumeRoleWithWebIdentityResponse xmlns="${namespace}">${result}</AssumeRoleWithWebIdentityResponse>`,
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}
