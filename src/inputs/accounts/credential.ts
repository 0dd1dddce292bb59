import type { RegistryCredential } from '../../docker/registry/registry-auth.ts'
import type { Secret } from '../../runner/secrets/secret.ts'

/** A user name and password for a registry, optionally only for the repositories under a path. */
export interface Credential extends RegistryCredential {
  /** Where it was given, as the user knows it: `registries entry 1`, `registries-file line 3`. */
  readonly origin: string
  /** The name of the config that holds it: the user's choice, else the registry and path. */
  readonly config: string
  /** The repositories that it is for: `org-a`; empty for all of the registry. */
  readonly path: string
  /** The credential that the nodes store instead of this one, which then is for this run alone. */
  readonly stored?: RegistryCredential
  /** With what Amazon is asked for the password, which is empty until then: before any registry is asked. */
  readonly aws?: AwsSource
}

/** Where Amazon's own credentials are from. */
export type AwsSource =
  /** From where its tools take them: variables, files, the machine. */
  | { readonly from: 'environment' }
  | { readonly from: 'keys'; readonly id: Secret; readonly secret: Secret; readonly session?: Secret }
  /** A role, by the identity token of the workflow. */
  | { readonly from: 'workflow'; readonly role: string }
