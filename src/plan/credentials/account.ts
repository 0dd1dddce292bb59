import type { RegistryCredential } from '../../docker/registry/registry-auth.ts'
import type { RegistryRequest } from '../../docker/registry/registry-error.ts'
import type { Credential } from '../../inputs/accounts/credential.ts'
import { accountName, storedLogin } from './stored-account.ts'

/** An account as a line of the log names it: `account bot of ghcr.io/acme`, with its config where that has a name of its own. */
export function accountInWords(credential: Credential): string {
  const config = namedConfig(credential)
  return `account ${userInWords(credential)} of ${placeOf(credential)}${config === undefined ? '' : ` (config ${config})`}`
}

/** The same with the account that the nodes store, where that is another. */
export function accountsInWords(credential: Credential): string {
  const { stored } = credential
  const account = accountInWords(credential)
  return stored === undefined ? account : `${account}, stored for the nodes: ${userInWords(stored)}`
}

/** Whom a request is about, as an error names it: with the credential of the run, or what the nodes store. */
export function requestWith(credential: Credential, login: RegistryCredential = credential): RegistryRequest {
  const config = namedConfig(credential)
  return {
    registry: credential.registry,
    username: userInWords(login),
    ...(config === undefined ? {} : { config }),
  }
}

/** An identity token may say by itself whose it is; a password may stand in the place of the name. */
export function userInWords(login: Pick<RegistryCredential, 'username'>): string {
  return login.username === '' ? 'an identity token' : accountName(login)
}

/** What the nodes store of an account: `the stored password of bot for ghcr.io (registries entry 1)`. */
export function storedPasswordInWords(credential: Credential): string {
  const { stored, registry, origin } = credential
  return `the ${stored === undefined ? '' : 'stored '}password of ${userInWords(storedLogin(credential))} for ${registry} (${origin})`
}

/** The name of the config that holds it, unless that is only the place that it is for: nobody has written such a name. */
function namedConfig(credential: Credential): string | undefined {
  return credential.config === placeOf(credential) ? undefined : credential.config
}

/** What a credential is for: a registry, or the repositories of it below a path. */
export function placeOf({ registry, path }: Pick<Credential, 'registry' | 'path'>): string {
  return path === '' ? registry : `${registry}/${path}`
}
