import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsFor, command } from '../command.ts'
import { git, remoteTags } from '../git.ts'
import { withRelease } from './changelog.ts'
import { compareVersions, parseVersion, versionOfTag } from './version.ts'

/**
 * `npm run release`: writes a version into package.json, package-lock.json and CHANGELOG.md, for a commit that is tagged
 * when it is on main.
 *
 * @param today as `2026-11-26`
 * @throws Error when it is no version that may come next, or the clone is not clean; nothing has been written then
 */
export function prepareRelease(text: string, directory: string, today: string): void {
  const version = parseVersion(text)
  if (version === undefined) throw new Error(`${text} is no SemVer version: write one such as 1.2.3 or 1.2.3-rc.1`)
  if (git(['status', '--porcelain'], { directory }) !== '') throw new Error('there are changes that are not committed')
  const newer = [...remoteTags(directory).keys()].find((tag) => {
    const other = versionOfTag(tag)
    const isSameLine = other?.major === version.major && other.minor === version.minor
    return other !== undefined && isSameLine && compareVersions(other, version) >= 0
  })
  if (newer !== undefined) throw new Error(`${text} does not come after ${newer}, which there is already`)

  const path = (name: string) => join(directory, name)
  const read = (name: string) => readFileSync(path(name), 'utf8')
  const changelog = withRelease(read('CHANGELOG.md'), text, today)
  const manifest = { ...JSON.parse(read('package.json')), version: text }
  const lock = JSON.parse(read('package-lock.json'))
  lock.version = text
  lock.packages[''].version = text
  writeFileSync(path('CHANGELOG.md'), changelog)
  for (const [name, value] of Object.entries({ 'package.json': manifest, 'package-lock.json': lock })) {
    writeFileSync(path(name), `${JSON.stringify(value, undefined, 2)}\n`)
  }
}

if (import.meta.main) {
  command(() => {
    const [version] = argumentsFor('version')
    prepareRelease(version, '.', new Date().toISOString().slice(0, 10))
    console.log(`package.json, package-lock.json and CHANGELOG.md say ${version}. What is left:
  git commit --all --message 'Release ${version}'     and bring it to main by a pull request
  git tag --sign v${version} --message 'v${version}'       on that commit of main
  git push origin v${version}                         the workflow "Release" does the rest`)
  })
}
