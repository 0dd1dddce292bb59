/** What Amazon's registries are told by, and what their service says no with. Pure. */

/** A registry of Amazon's, as a request for a login needs it. */
export interface EcrRegistry {
  /** Whose tokens come from a service of their own, in one region for the whole world. */
  readonly isPublic: boolean
  readonly region: string
  /** Its endpoints are those for the government of the United States' standard FIPS. */
  readonly isFips: boolean
}

const PUBLIC = /^(?:public\.ecr\.aws|ecr-public\.aws\.com)$/
/** Private ones: `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, and those with both kinds of addresses on `on.aws`. */
const PRIVATE =
  /^\d{12}\.dkr[.-]ecr(-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn)$/

/** What a registry is to Amazon; `undefined` for one of somebody else's. */
export function ecrRegistry(registry: string): EcrRegistry | undefined {
  if (PUBLIC.test(registry)) return { isPublic: true, region: 'us-east-1', isFips: false }
  const [, fips, region] = PRIVATE.exec(registry) ?? []
  return region === undefined ? undefined : { isPublic: false, region, isFips: fips !== undefined }
}

/** An error of Amazon's library, as far as it is read here. */
export interface AwsFailure {
  readonly name: string
  readonly message: string
}

/**
 * What to do about an error of Amazon's, in one sentence.
 *
 * @param step at which it came: the exchange of a token of the workflow for a role, or the request for the login itself
 */
export function ecrRemedy(
  { name, message }: AwsFailure,
  { isPublic, region }: EcrRegistry,
  step: 'role' | 'login',
): string {
  const said = `${name} ${message}`
  if (/CredentialsProviderError|could not load credentials/i.test(said)) {
    return "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the step's `env` (aws-actions/configure-aws-credentials does it), or write `ecr: {role: arn:aws:iam::…}`, or the names of the variables with a key pair."
  }
  if (/AccessDenied|NotAuthorized/i.test(said)) {
    if (step === 'role') {
      return 'Check the name of the role, and that its trust policy allows sts:AssumeRoleWithWebIdentity to the identity provider of this server, for this repository.'
    }
    const actions = isPublic
      ? 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken'
      : 'ecr:GetAuthorizationToken'
    return `Allow ${actions} to it.`
  }
  if (/ExpiredToken|InvalidIdentityToken/i.test(said))
    return 'Get new AWS credentials before this step: these have ended.'
  if (
    /UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature/i.test(said)
  ) {
    return 'Check the AWS credentials: they are not those of an account, or belong to another part of Amazon (China, GovCloud).'
  }
  return `Check that this runner reaches Amazon in ${region}.`
}
