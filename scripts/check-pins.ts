import { readdirSync, readFileSync } from 'node:fs'

/** Holds every action that a workflow, an example or a page uses to its full commit: `npm run check` runs it. */

/** A file, by its path. */
export interface Page {
  readonly path: string
  readonly text: string
}

interface Use {
  /** `examples/stack.yml:18` */
  readonly place: string
  /** `github/codeql-action/init` */
  readonly action: string
  readonly ref: string
  /** The version, as a comment has it. */
  readonly comment: string
}

/** What is nobody's: the reader writes an address of their own there. */
const PLACEHOLDERS = /^(?:OWNER|my-org)\//

/** @returns a line for each use that is not pinned by its commit with the version beside it: where, and what to write */
export function pinProblems(pages: readonly Page[]): string[] {
  const uses = pages.flatMap(usesIn).filter(({ action }) => !PLACEHOLDERS.test(action))
  const pinned = uses.filter(isPinned)
  return [
    ...uses
      .filter((use) => !isPinned(use))
      .map(({ place, action, ref }) => {
        const like = pinned.find((other) => other.action === action)
        const instead = like === undefined ? `${action}@<its full commit> # v1.2.3` : written(like)
        return `${place}: ${action}@${ref} can be moved: write ${instead}`
      }),
    ...pinned.flatMap((use) => {
      const first = pinned.find(
        ({ action, comment }) => repositoryOf(action) === repositoryOf(use.action) && comment === use.comment,
      )
      return first === undefined || first.ref === use.ref
        ? []
        : [`${use.place}: ${use.action} ${use.comment} is another commit than in ${first.place}: ${first.ref}`]
    }),
  ]
}

/** A path without a ref is an action of the same repository. */
function usesIn({ path, text }: Page): Use[] {
  return text.split('\n').flatMap((line, index) => {
    const [, action, ref, comment = ''] = /^[\s-]*uses: ([\w./-]+)@(\S+)(?: # (.*))?$/.exec(line) ?? []
    return action === undefined || ref === undefined ? [] : [{ place: `${path}:${index + 1}`, action, ref, comment }]
  })
}

function isPinned({ ref, comment }: Use): boolean {
  return /^[0-9a-f]{40}$/.test(ref) && /^v\d+\.\d+\.\d+$/.test(comment)
}

function written({ action, ref, comment }: Use): string {
  return `${action}@${ref} # ${comment}`
}

function repositoryOf(action: string): string {
  return action.split('/').slice(0, 2).join('/')
}

function readPages(): Page[] {
  const inDirectory = (directory: string) => readdirSync(directory).map((name) => `${directory}/${name}`)
  const paths = ['README.md', ...['.github/workflows', 'examples', 'docs'].flatMap(inDirectory)]
  return paths
    .filter((path) => /\.(?:md|ya?ml)$/.test(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

if (import.meta.main) {
  const problems = pinProblems(readPages())
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
