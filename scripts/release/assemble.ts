import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsFor, command } from '../command.ts'
import { git } from '../git.ts'
import { releaseNotes, sectionOf } from './changelog.ts'

/** What a runner takes of the repository, and what tells of it. */
const RELEASED = ['action.yml', 'dist', 'LICENSE', 'README.md', 'CHANGELOG.md']

/** The name of a release's archive. */
export function archiveOf(tag: string): string {
  return `swarm-deploy-${tag}.tar.gz`
}

/**
 * Makes what is published: the archive, which is the same for one commit, the list of all that is in it (SPDX), and the
 * text. Beside these is `dist/`, to be attested file by file.
 *
 * @param directory a clone with the tag checked out
 * @param to a directory that is made
 * @param repository its address, such as `https://github.com/OWNER/swarm-deploy`
 */
export function assembleRelease(tag: string, directory: string, to: string, repository: string): void {
  const section = sectionOf(readFileSync(join(directory, 'CHANGELOG.md'), 'utf8'), tag.slice(1))
  if (section === undefined) throw new Error(`CHANGELOG.md says nothing of ${tag}`)
  mkdirSync(to, { recursive: true })
  writeFileSync(join(to, 'notes.md'), releaseNotes(section, `${repository}/blob/${tag}`))
  const prefix = `swarm-deploy-${tag}/`
  const archive = ['archive', '--format', 'tar.gz', '--prefix', prefix, '--output', join(to, archiveOf(tag))]
  git([...archive, 'HEAD', ...RELEASED], { directory })
  cpSync(join(directory, 'dist'), join(to, 'dist'), { recursive: true })
  // Only what is in dist/ is passed on; what builds and tests it is not.
  const args = ['sbom', '--omit', 'dev', '--package-lock-only', '--sbom-format', 'spdx', '--sbom-type', 'application']
  writeFileSync(join(to, 'sbom.spdx.json'), execFileSync('npm', args, { cwd: directory }))
}

if (import.meta.main) {
  command(() => {
    const [tag, to] = argumentsFor('tag', 'directory')
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env
    assembleRelease(tag, '.', to, `${server}/${repository}`)
  })
}
