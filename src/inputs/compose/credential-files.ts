import { credentialAccount, GMSA_LABEL } from '../../docker/specs/credential-spec.ts'
import type { YamlMap, YamlText } from '../yaml.ts'
import type { ComposeFile } from './place.ts'
import { entryAt, mapAt, mapValues, text, withEntries } from './tree.ts'

/** Compose files in which no credential spec is a file of the runner any more. */
export interface WithCredentialConfigs {
  readonly files: readonly ComposeFile[]
  readonly notices: readonly string[]
}

/**
 * Credential specs in files of the job, as configs of the stack: `./` before a path says that it is meant from the
 * compose file on, as with that of a config. Any other is a file on the nodes, as docker has it. Pure.
 *
 * @param readFile the text of a file by its path in the compose file; nothing where it cannot be read, which is told later,
 * with all contents that cannot be had
 */
export function withCredentialConfigs(
  files: readonly ComposeFile[],
  readFile: (path: string) => string,
): WithCredentialConfigs {
  const taken = new Set(files.flatMap(({ root }) => mapAt(root, 'configs').map(({ key }) => key)))
  const notices: string[] = []
  const changed = files.map((file) => {
    const root = mapAt(file.root, 'services').reduce((all, { key: service, value }) => {
      const path = value.kind === 'map' ? runnerFile(value) : undefined
      if (path === undefined) return all
      notices.push(
        `${file.path} line ${path.line}: services.${service}.credential_spec: ${path.value} is a file of this job: it becomes a config of the stack, and the nodes need no file`,
      )
      return withConfig(all, service, freeName(`${service}-credential-spec`, taken), path, readFile(path.value))
    }, file.root)
    return { ...file, root }
  })
  return { files: changed, notices }
}

function runnerFile(service: YamlMap): YamlText | undefined {
  const spec = entryAt(service, 'credential_spec')
  const file = spec?.kind === 'map' && spec.entries.length === 1 ? entryAt(spec, 'file') : undefined
  return file?.kind === 'text' && /^\.[\\/]/.test(file.value) ? file : undefined
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}-file`, taken) : name
}

function withConfig(root: YamlMap, service: string, key: string, path: YamlText, content: string): YamlMap {
  const { line } = path
  const account = credentialAccount(content)
  const labels: YamlMap = {
    kind: 'map',
    line,
    entries:
      account === undefined ? [] : [{ key: GMSA_LABEL, line, value: text(account.replaceAll('$', '$$$$'), line) }],
  }
  const config: YamlMap = {
    kind: 'map',
    line,
    entries: [
      { key: 'file', line, value: path },
      { key: 'labels', line, value: labels },
    ],
  }
  const spec: YamlMap = { kind: 'map', line, entries: [{ key: 'config', line, value: text(key, line) }] }
  const named = mapValues(root, (section, services) =>
    section === 'services' && services.kind === 'map'
      ? mapValues(services, (name, one) =>
          name === service && one.kind === 'map'
            ? mapValues(one, (inner, old) => (inner === 'credential_spec' ? spec : old))
            : one,
        )
      : services,
  )
  return withEntries(named, ['configs'], [{ key, line, value: config }])
}
