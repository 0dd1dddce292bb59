import { limited } from '../runner/text/safe-text.ts'
import { placed, withoutSecrets } from '../runner/text/shown.ts'

const ADDRESSES = '`ssh://user@host`, `tcp://host:2376` or `unix:///path`'

const OF_CERTIFICATE = /^open \S*\b(?:ca|cert|key)\.pem: /

/** Where a context of docker comes from that could not be read. */
interface Asked {
  /** By the input; `undefined` for the one that docker itself would take. */
  readonly name: string | undefined
  readonly env: Readonly<Record<string, string>>
}

/**
 * Why docker finds no address, with what to do. Pure.
 *
 * @param said docker's own words
 */
export function contextProblem(said: string, { name, env }: Asked): string {
  const words = withoutSecrets(limited(said.trim()))
  // Docker asks for no context where this is set, and takes it for the address of the one named default.
  if (name === undefined && env.DOCKER_HOST && !words.startsWith('context ')) {
    if (OF_CERTIFICATE.test(words))
      return `DOCKER_TLS_VERIFY is set, and docker cannot read a certificate or key: ${words}. Set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem, or use \`host\``
    return `DOCKER_HOST is no address that docker can read: ${words}. Write ${ADDRESSES} there, without quotes, or use \`host\``
  }
  const current = env.DOCKER_CONTEXT ? `DOCKER_CONTEXT (${placed(env.DOCKER_CONTEXT)})` : 'the current docker context'
  const source = name === undefined ? current : `\`context\` (${placed(name)})`
  const remedy = /: parsing |: read /.test(words)
    ? 'Its file is damaged: remove it with `docker context rm --force`, and make it again with `docker context create`'
    : 'Choose one that `docker context ls` lists'
  return `docker could not resolve ${source}: ${words}. ${remedy}.`
}

/**
 * That a context leads nowhere, as one does that was made for another program. Pure.
 *
 * @param name as docker tells it; a file that has no more than `null` has none
 */
export function contextWithoutAddress(name: string | undefined): string {
  const shown = name ? ` ${placed(name)}` : ''
  return `the docker context${shown} has no address of a docker daemon: give it one, as in \`docker context update${shown} --docker host=ssh://user@manager\`, or write the address in \`host\``
}

/** What docker says against an address whose kind it cannot use on this machine, with what to write. */
export function addressReason(said: string): string {
  if (!/protocol not available|unable to parse docker host/i.test(said)) return said
  return `docker on this runner knows no such address: write ${ADDRESSES}`
}
