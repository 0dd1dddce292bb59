import { argumentsFor, command } from '../command.ts'
import { git, remoteTags } from '../git.ts'
import { majorTag, newestRelease, versionOfTag } from './version.ts'

/**
 * Has the tag of a major version (`v1`) lead to a release, when that is the newest of its major version.
 *
 * @param directory a clone that has the release's commit
 * @returns what was done
 * @throws Error when somebody else moves the tag meanwhile
 */
export function moveMajorTag(tag: string, directory: string): string {
  const version = versionOfTag(tag)
  if (version === undefined) throw new Error(`${tag} is no version`)
  const name = majorTag(version)
  if (name === undefined) return `No tag of a major version leads to ${tag}.`
  const tags = remoteTags(directory)
  const commit = tags.get(tag)
  if (commit === undefined) throw new Error(`${tag} is not there on the remote`)
  const newest = newestRelease(tags.keys(), version.major)
  if (newest !== tag) return `${name} stays: ${newest} is newer than ${tag}.`
  if (tags.get(name) === commit) return `${name} leads to ${tag} already.`
  // What the remote has now: of an annotated tag its object, not its commit.
  const [before = ''] = git(['ls-remote', 'origin', `refs/tags/${name}`], { directory }).split('\t')
  const lease = `--force-with-lease=refs/tags/${name}:${before}`
  git(['push', '--quiet', lease, 'origin', `${commit}:refs/tags/${name}`], { directory })
  return `${name} leads to ${tag} now.`
}

if (import.meta.main) {
  command(() => {
    const [tag] = argumentsFor('tag')
    console.log(moveMajorTag(tag, '.'))
  })
}
