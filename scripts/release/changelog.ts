const UNRELEASED = '## Unreleased'

/**
 * What CHANGELOG.md says of a version, or of what is not released yet.
 *
 * @param heading `1.2.3`, or `Unreleased`
 * @returns without its heading; `undefined` when there is no such section
 */
export function sectionOf(changelog: string, heading: string): string | undefined {
  const sections = changelog.split(/^(?=## )/m)
  const section = sections.find((text) => text.split(/\s/)[1] === heading && text.startsWith('## '))
  return section?.slice(section.indexOf('\n')).trim()
}

/**
 * The changelog with what was not released as a version of its own.
 *
 * @param date as `2026-11-26`
 * @throws Error when nothing is there to be released
 */
export function withRelease(changelog: string, version: string, date: string): string {
  if (!sectionOf(changelog, 'Unreleased')) throw new Error(`CHANGELOG.md has nothing below "${UNRELEASED}"`)
  if (sectionOf(changelog, version) !== undefined) throw new Error(`CHANGELOG.md has a section ${version} already`)
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## ${version} - ${date}`)
}

/**
 * The text of a release. A page of releases is no file of the repository, so links that lead to files get an address.
 *
 * @param files the address that paths of the repository are below of
 */
export function releaseNotes(section: string, files: string): string {
  return `${section.replaceAll(/\]\((?!#|[a-z]+:)([^)\s]+)\)/g, (_, path: string) => `](${files}/${path})`)}\n`
}
