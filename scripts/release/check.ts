import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsFor, command } from '../command.ts'
import { git, gitSaysYes, remoteTags } from '../git.ts'
import { sectionOf } from './changelog.ts'
import { versionOfTag } from './version.ts'

/**
 * Why a tag is none to release from: its name, and what package.json, package-lock.json, CHANGELOG.md and the remote say.
 *
 * @param directory a clone with the tag checked out, and the whole history
 */
export function releaseProblems(tag: string, directory: string): string[] {
  if (versionOfTag(tag) === undefined) {
    return [`${tag} is no version: write v and a SemVer version without build metadata, such as v1.2.3 or v1.2.3-rc.1`]
  }
  const version = tag.slice(1)
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  const manifest = JSON.parse(read('package.json')) as { version: string }
  const lock = JSON.parse(read('package-lock.json')) as { version: string; packages: { '': { version: string } } }
  const changelog = read('CHANGELOG.md')
  const head = git(['rev-parse', 'HEAD'], { directory })
  const tagged = remoteTags(directory).get(tag)
  const says = (file: string, found: string) =>
    found === version ? [] : [`${file} has the version ${found}, and the tag is ${tag}`]
  return [
    ...says('package.json', manifest.version),
    ...says('package-lock.json', lock.version),
    ...says('package-lock.json, packages', lock.packages[''].version),
    ...(sectionOf(changelog, version) ? [] : [`CHANGELOG.md says nothing of ${version}: run npm run release`]),
    ...(sectionOf(changelog, 'Unreleased')
      ? ['CHANGELOG.md has lines below "Unreleased": they would be released too']
      : []),
    ...(tagged === head
      ? []
      : [`${tag} is ${tagged ?? 'not there'} on the remote, and what is checked out is ${head}`]),
    ...(gitSaysYes(['merge-base', '--is-ancestor', 'HEAD', 'origin/main'], { directory })
      ? []
      : [`${head} is not on main: only what is there is released`]),
  ]
}

if (import.meta.main) {
  command(() => {
    const [tag] = argumentsFor('tag')
    const problems = releaseProblems(tag, '.')
    if (problems.length > 0) throw new Error(problems.join('\n'))
    console.log(`${tag} can be released.`)
  })
}
