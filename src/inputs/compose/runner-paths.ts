import { join, resolve } from 'node:path'
import { homeDirectory } from '../../runner/user.ts'
import type { YamlValue } from '../yaml.ts'
import type { ComposeFile } from './place.ts'
import { entryAt, mapAt } from './tree.ts'
import { filledIn, type LookUp } from './variables.ts'

/** A bind mount of a compose file whose source is a path of the machine that docker runs on. */
export interface RunnerPath {
  /** The file and line. */
  readonly place: string
  /** As the file has it, with its variables filled in: `./data`. */
  readonly source: string
  /** What docker makes of it. */
  readonly path: string
}

/** A path that begins with one is of this machine too, though docker finds it absolute. */
const OF_THIS_MACHINE = /^\$\{?(?:PWD|GITHUB_WORKSPACE|RUNNER_TEMP|CI_PROJECT_DIR|CI_WORKSPACE)(?![\w:?+-])/

/**
 * The bind mounts of a service that begin at the directory of the files, at a home directory, or at one that a variable of
 * the runner names: docker makes absolute paths of them here (docker/cli, cli/compose/loader, resolveVolumePaths), and the
 * nodes get those.
 *
 * @param directory where relative paths begin
 */
export function runnerPaths(
  files: readonly ComposeFile[],
  service: string,
  directory: string,
  lookUp: LookUp,
): RunnerPath[] {
  return files.flatMap(({ path: file, root }) => {
    const found = mapAt(root, 'services').find(({ key }) => key === service)?.value
    const volumes = found?.kind === 'map' ? entryAt(found, 'volumes') : undefined
    return (volumes?.kind === 'list' ? volumes.items : []).flatMap((item) => {
      const written = sourceOf(item)
      const source = written && filledIn(written.text, lookUp)
      if (written === undefined || !source || (isAbsolute(source) && !OF_THIS_MACHINE.test(written.text))) return []
      return [{ place: `${file} line ${written.line}`, source, path: absolute(source, directory) }]
    })
  })
}

function absolute(source: string, directory: string): string {
  if (isAbsolute(source)) return source
  return source.startsWith('~') ? join(homeDirectory(), source.slice(1)) : resolve(directory, source)
}

/** The source of a bind mount; in the short form only what begins as a path is one. */
function sourceOf(item: YamlValue): { readonly text: string; readonly line: number } | undefined {
  if (item.kind === 'text') {
    const source = /^(?:\$\{[^}]*\}|[^:])*/.exec(item.value)?.[0] ?? ''
    return /^[.~$]/.test(source) && source !== item.value ? { text: source, line: item.line } : undefined
  }
  if (item.kind !== 'map') return undefined
  const [type, source] = [entryAt(item, 'type'), entryAt(item, 'source')]
  const isBind = type?.kind === 'text' && type.value === 'bind'
  return isBind && source?.kind === 'text' ? { text: source.value, line: source.line } : undefined
}

/** On Linux or on Windows: docker leaves both as they are. */
function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^(?:[a-zA-Z]:)?[\\/]/.test(path)
}
