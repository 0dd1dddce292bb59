import { appendFileSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { argumentsFor, command } from './command.ts'
import { git } from './git.ts'

/** More than twice of what the largest file has. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** As whom GitHub shows what is pushed with a workflow's own token. */
const NAME = 'github-actions[bot]'
const EMAIL = '41898282+github-actions[bot]@users.noreply.github.com'
const IDENTITY = {
  GIT_AUTHOR_NAME: NAME,
  GIT_AUTHOR_EMAIL: EMAIL,
  GIT_COMMITTER_NAME: NAME,
  GIT_COMMITTER_EMAIL: EMAIL,
}

/** With the mark Dependabot still rebases its branch, and drops this commit: it is built anew then. */
const MESSAGE = 'Rebuild dist/ for the update [dependabot skip]'

/**
 * Commits a `dist/` that was built elsewhere, from code that is not trusted, to the branch that it was built from.
 * Nothing of that branch is checked out, so no hook, filter or script of it is run.
 *
 * @param built the directory with the built files
 * @param commit what they were built from
 * @param branch its name; nothing is done when it is at another commit by now
 * @param directory a clone of the repository, at main
 * @returns the new commit; `undefined` when there is nothing to commit
 * @throws Error when what was built is not what `dist/` may be
 */
export function commitDist(built: string, commit: string, branch: string, directory: string): string | undefined {
  const names = git(['ls-tree', '--name-only', 'HEAD', 'dist/'], { directory })
    .split('\n')
    .map((path) => path.replace(/^dist\//, ''))
  const problems = builtProblems(built, names)
  if (problems.length > 0) throw new Error(`This is no dist/: ${problems.join(', ')}`)

  const ref = `refs/heads/${branch}`
  const [head = ''] = git(['ls-remote', 'origin', ref], { directory }).split('\t')
  if (head !== commit) return undefined
  git(['fetch', '--quiet', '--no-tags', 'origin', ref], { directory })

  const scratch = mkdtempSync(join(tmpdir(), 'commit-dist-'))
  try {
    const index = { directory, env: { GIT_INDEX_FILE: join(scratch, 'index'), ...IDENTITY } }
    git(['read-tree', commit], index)
    for (const name of names) {
      const blob = git(['hash-object', '-w', '--no-filters', '--', resolve(built, name)], index)
      git(['update-index', '--add', '--cacheinfo', `100644,${blob},dist/${name}`], index)
    }
    const tree = git(['write-tree'], index)
    if (tree === git(['rev-parse', `${commit}^{tree}`], { directory })) return undefined
    const made = git(['commit-tree', tree, '-p', commit, '-m', MESSAGE], index)
    git(['push', '--quiet', `--force-with-lease=${ref}:${commit}`, 'origin', `${made}:${ref}`], { directory })
    return made
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** An update changes the content of the files, and never which there are. */
function builtProblems(built: string, names: readonly string[]): string[] {
  const found = readdirSync(built)
  return [
    ...names.filter((name) => !found.includes(name)).map((name) => `${name} is missing`),
    ...found.flatMap((name) => {
      if (!names.includes(name)) return [`${JSON.stringify(name)} is not one of its files`]
      const is = lstatSync(join(built, name))
      if (!is.isFile()) return [`${name} is no file`]
      return is.size > MAX_FILE_BYTES ? [`${name} has ${is.size} bytes`] : []
    }),
  ]
}

if (import.meta.main) {
  command(() => {
    const [built, commit, branch] = argumentsFor('directory', 'commit', 'branch')
    const made = commitDist(built, commit, branch, '.')
    console.log(made === undefined ? 'Nothing to commit.' : `Committed as ${made}.`)
    const { GITHUB_OUTPUT: output } = process.env
    if (output !== undefined) appendFileSync(output, `committed=${made !== undefined}\n`)
  })
}
