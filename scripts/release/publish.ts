import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { argumentsFor, command } from '../command.ts'
import { remoteTags } from '../git.ts'
import { archiveOf } from './assemble.ts'
import { newestRelease, versionOfTag } from './version.ts'

/**
 * Publishes what `assemble.ts` has made, by GitHub's command line. A release is immutable from the moment in which it is
 * published, so all is attached to a draft first.
 *
 * @param directory a clone
 * @param assembled where the files are
 * @returns what was done
 * @throws Error when the release can be changed afterwards
 */
export function publishRelease(tag: string, directory: string, assembled: string): string {
  const version = versionOfTag(tag)
  if (version === undefined) throw new Error(`${tag} is no version`)
  const gh = (...args: string[]) => {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    return execFileSync('gh', args, { cwd: directory, env: process.env, encoding: 'utf8', stdio }).trim()
  }
  const isImmutable = () => gh('release', 'view', tag, '--json', 'isImmutable', '--jq', '.isImmutable') === 'true'

  const state = stateOf(gh('release', 'list', '--limit', '1000', '--json', 'tagName,isDraft'), tag)
  if (state !== 'published') {
    // Of a run that broke off: what it had attached is not known.
    if (state === 'draft') gh('release', 'delete', tag, '--yes')
    const kind = version.prerelease.length > 0 ? ['--prerelease'] : []
    const files = [archiveOf(tag), 'sbom.spdx.json'].map((name) => join(assembled, name))
    const notes = ['--notes-file', join(assembled, 'notes.md')]
    gh('release', 'create', tag, '--draft', '--verify-tag', '--title', tag, ...notes, ...kind, ...files)
    const isLatest = newestRelease(remoteTags(directory).keys()) === tag
    gh('release', 'edit', tag, '--draft=false', `--latest=${isLatest}`)
  }
  if (!isImmutable()) {
    throw new Error(
      `${tag} is published, and can still be changed: turn on release immutability in the settings of the repository (General, Releases), and publish a new version`,
    )
  }
  return state === 'published' ? `${tag} was published before.` : `${tag} is published.`
}

function stateOf(list: string, tag: string): 'published' | 'draft' | undefined {
  const releases = JSON.parse(list) as readonly { readonly tagName: string; readonly isDraft: boolean }[]
  const release = releases.find(({ tagName }) => tagName === tag)
  if (release === undefined) return undefined
  return release.isDraft ? 'draft' : 'published'
}

if (import.meta.main) {
  command(() => {
    const [tag, assembled] = argumentsFor('tag', 'directory')
    console.log(publishRelease(tag, '.', assembled))
  })
}
