import type { Environment } from '../environment.ts'

/**
 * The lines that a runner takes for commands: `::name key=value::data`
 * (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
 *
 * They are written here and not by the `core` package of GitHub's toolkit: it knows GitHub's runner alone (act and its
 * descendants read other commands out of the same line, and print masks), prints secrets and commands where no runner
 * reads them, leaves half an output behind on a full disk, and brings an HTTP client that doubles the time of the start.
 */

/** How many error annotations of one step a run's page shows. */
export const MOST_ANNOTATIONS = 10

/** Whether a runner reads what this process prints. In any other shell its commands would be noise, or a secret. */
export function isInRunner(env: Environment): boolean {
  return env.GITHUB_ACTIONS === 'true' || readsGreedily(env)
}

/**
 * Whether the runner is act or descends from it. They look for the last `::` of a line where GitHub's own takes the
 * first (nektos/act, pkg/runner/command.go), and print a command that they do not understand by that.
 */
export function readsGreedily(env: Environment): boolean {
  return env.ACT === 'true' || env.FORGEJO_ACTIONS === 'true' || env.GITEA_ACTIONS === 'true'
}

/** A command as one line. */
export function commandLine(
  name: string,
  data: string,
  env: Environment,
  properties: Readonly<Record<string, string>> = {},
): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
  const head = given.length === 0 ? name : `${name} ${given.join(',')}`
  const clear = readsGreedily(env) ? data.replace(/:(?=:)/g, ': ').replace(/^:/, ' :') : data
  return `::${head}::${escapeData(clear)}`
}

/** A line that no runner takes for a command: those begin with `::`, or have `##[` (or `##vso[`) anywhere. */
export function withoutCommands(line: string): string {
  return line.replace(/##(?=\w*\[)/g, '## ').replace(/^([\p{Z}\p{C}\s]*:)(?=:)/u, '$1 ')
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
