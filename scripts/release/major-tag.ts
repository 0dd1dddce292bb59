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
  const move = `${commit}:refs/tags/${name}`
  try {
    git(['push', '--quiet', lease, 'origin', move], { directory })
  } catch (error) {
    throw isForWorkflows(error) ? new Error(byHand(name, tag, move), { cause: error }) : error
  }
  return `${name} leads to ${tag} now.`
}

/**
 * Whether GitHub has refused the push because a workflow's token may change no workflow. It takes any ref for such a change
 * that leads to a commit whose workflows are those of no branch's newest commit, and no permission of a job lifts that.
 */
function isForWorkflows(error: unknown): boolean {
  return /without `?workflows?`? permission/.test(String(error))
}

function byHand(name: string, tag: string, move: string): string {
  return `${tag} is out, and ${name} does not lead to it: main has other workflows by now than ${tag}, and then GitHub lets no workflow move a tag there. Do it by hand: git push --force origin ${move}`
}

if (import.meta.main) {
  command(() => {
    const [tag] = argumentsFor('tag')
    console.log(moveMajorTag(tag, '.'))
  })
}
