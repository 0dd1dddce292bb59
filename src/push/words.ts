import { canonicalName, familiar } from '../docker/registry/reference.ts'
import type { RegistryError } from '../docker/registry/registry.ts'
import { describeFailure, remedy } from '../docker/registry/registry-error.ts'
import { CallRefused } from '../docker/registry/registry-session.ts'
import { HUB } from '../inputs/accounts/credentials.ts'
import type { PushRequest } from '../inputs/deployment.ts'
import { accountInWords, requestWith } from '../plan/credentials/account.ts'
import type { Access } from '../plan/planned-service.ts'
import { counted } from '../runner/text/counted.ts'

/** What is told of images that are pushed. Pure. */

/** `3 parts`: layers, and configurations. */
export function partsInWords(count: number): string {
  return counted(count, 'part')
}

/** Why an image cannot be pushed, and what to do about it, as a line that names it. */
export function pushProblem(error: RegistryError, { place, image }: PushRequest, access: Access | undefined): string {
  const who = access === undefined ? 'without a credential' : `with ${accountInWords(access.credential)}`
  const said = error.failure === 'silent' ? '' : ` ${image.registry} was asked by this runner: ${error.message}`
  // Most often the registry was forgotten.
  const assumed = image.registry === HUB && access === undefined ? ` (a name without a registry is one of ${HUB})` : ''
  return `${place}: ${familiar(image)}${assumed} cannot be pushed ${who}: ${reasonAndAdvice(error, image, access)}.${said}`
}

function reasonAndAdvice(error: RegistryError, image: PushRequest['image'], access: Access | undefined): string {
  const { registry } = image
  const name = canonicalName(image)
  const refused = error instanceof CallRefused ? error : undefined
  const has = (pattern: RegExp) =>
    refused !== undefined && pattern.test(`${refused.codes.join(' ')} ${refused.message}`)
  if (refused?.status === 413) {
    return 'something in front of the registry takes no layer of that size: raise its limit (of nginx `client_max_body_size`)'
  }
  if (has(/immutable|cannot be overwritten|PRECONDITION/i)) {
    return `its tag is there already and may not be moved: push it under another tag`
  }
  if (has(/DIGEST_INVALID|SIZE_INVALID/)) {
    return 'what arrived is not what was sent: the archive is damaged, or was written anew meanwhile. Write it again'
  }
  if (refused?.status === 405 || has(/\bUNSUPPORTED\b/)) {
    return `${registry} takes no images: it is a mirror, or read-only. Push to the registry that it mirrors`
  }
  if (error.failure === 'credential-needed' || (access === undefined && error.failure === 'forbidden')) {
    return `${registry} wants a credential, and this run has none for it: add one to \`registries\` that may push`
  }
  switch (error.failure) {
    case 'forbidden':
      return `the account may not push there: give it the right to write ${name}, or name another config with \`auth-config\``
    case 'missing':
      return `there is no repository ${name}, and ${registry} makes none by itself: make it first`
    case 'unknown-ca':
      return `this runner does not know the authority that has signed the certificate of ${registry}: give the authority's certificate in \`registry-ca\``
    case 'plain-http':
      return `${registry} speaks plain HTTP, and the manager's daemon has it not under "insecure-registries": serve it over HTTPS, or list it there on every node`
    case 'unreachable':
      return `this runner cannot reach ${registry}, and it is the runner that pushes, not a manager: use a runner that reaches it, or leave \`images\` out and push from where it can be reached`
    case 'silent':
    case 'registry-error':
      return `${describeFailure(error.failure)}: check that ${registry} is in good health, and run this again`
    case 'unknown':
      return `${registry} did not take it`
    default: {
      const advice = remedy(error.failure, { ...(access && requestWith(access.credential)), registry })
      return `${describeFailure(error.failure)}. ${advice.replace(/\.$/, '')}`
    }
  }
}
