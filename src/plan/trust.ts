import { caFile, showCommand, trustCommands } from '../docker/registry/registry-ca.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { folded, log } from '../runner/log/log.ts'

/** What becomes of the input `registry-ca` in this run, before a registry is asked. */
export type CaState = 'installed' | 'planned'

type Asked = Pick<Deployment, 'registryCas' | 'installCas'>

/**
 * Problems with what can be done, in this run, about a registry that is not trusted: said once for each registry. The
 * problems name the file that the daemon looks for. Pure.
 *
 * @param state of the CAs, where they are to be installed
 */
export function withTrustAdvice(problems: readonly string[], asked: Asked, state: CaState): string[] {
  const told = new Set<string>()
  return problems.map((problem) => {
    const registry = untrustedIn(problem)
    if (registry === undefined || told.has(registry)) return problem
    told.add(registry)
    return `${problem.replace(/[^.]$/, '$&.')} ${advice(registry, asked, state)}`
  })
}

function advice(registry: string, { registryCas, installCas }: Asked, state: CaState): string {
  const shows = `\`${showCommand(registry)}\` shows what it sends`
  if (!registryCas.some((ca) => ca.registry === registry)) {
    return `The certificate of its CA is with whoever runs the registry (${shows}; compare its fingerprint with theirs). Given as \`registry-ca\`, with \`install-registry-ca: true\`, it is put there by a deploy.`
  }
  if (installCas === undefined) {
    return 'The commands with the certificate of `registry-ca` are in the log. With `install-registry-ca: true` a deploy does it.'
  }
  return state === 'planned'
    ? 'A deploy would put `registry-ca` there first (`install-registry-ca`); a plan changes nothing.'
    : `This run has put \`registry-ca\` there: it is not the CA that has signed the certificate of ${registry} (${shows}), or the manager looks elsewhere: a rootless daemon, or one of a snap, has other directories.`
}

/** Says in the log how a node comes to trust the registries that the problems name, with the certificates. */
export async function tellTrustCommands(problems: readonly string[], { registryCas, installCas }: Asked) {
  if (installCas !== undefined) return
  const untrusted = new Set(problems.map(untrustedIn))
  for (const { registry, pem } of registryCas.filter((ca) => untrusted.has(ca.registry))) {
    await folded(`On every node, so that it trusts ${registry}`, () => {
      for (const line of trustCommands(registry, pem)) log.info(line)
    })
  }
}

/** Only the remedy for an unknown CA says where to put one. */
const REMEDY = /Put the CA certificate of (\S+) into (\S+) on every node/

function untrustedIn(problem: string): string | undefined {
  const [, registry = '', file] = REMEDY.exec(problem) ?? []
  return file === caFile(registry) ? registry : undefined
}
