// What is needed of Amazon's library, in a file of its own: it is large, and loaded only where it is asked for.
export { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
export { ECRPUBLICClient, GetAuthorizationTokenCommand as GetPublicTokenCommand } from '@aws-sdk/client-ecr-public'
export { fromWebToken } from '@aws-sdk/credential-provider-web-identity'
