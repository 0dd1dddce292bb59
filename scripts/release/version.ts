/** A version as SemVer 2.0.0 has it, without build metadata: that takes no part in the order of releases. */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `rc`, `1` of `1.2.0-rc.1`; empty for a release. */
  readonly prerelease: readonly string[]
}

const NUMBER = '(0|[1-9]\\d*)'
const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const VERSION = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?$`)

/** Reads `1.2.3` or `1.2.3-rc.1`; `undefined` when it is none. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text)
  if (match === null) return undefined
  const [, major, minor, patch, prerelease] = match
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: prerelease === undefined ? [] : prerelease.split('.'),
  }
}

/** The version of a tag such as `v1.2.3`; `undefined` when it is not that of a release. */
export function versionOfTag(tag: string): Version | undefined {
  return tag.startsWith('v') ? parseVersion(tag.slice(1)) : undefined
}

/** Below 0 when the first is the older one. See section 11 of SemVer. */
export function compareVersions(one: Version, other: Version): number {
  return (
    one.major - other.major ||
    one.minor - other.minor ||
    one.patch - other.patch ||
    comparePrereleases(one.prerelease, other.prerelease)
  )
}

function comparePrereleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length
  for (const [index, mine] of one.entries()) {
    const theirs = other[index]
    if (theirs === undefined) return 1
    const order = compareIdentifiers(mine, theirs)
    if (order !== 0) return order
  }
  return one.length - other.length
}

function compareIdentifiers(one: string, other: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)]
  if (isNumber && isOtherNumber) return Number(one) - Number(other)
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return one < other ? -1 : one > other ? 1 : 0
}

/** The newest of these tags that is no prerelease, among those of one major version where it is given. */
export function newestRelease(tags: Iterable<string>, major?: number): string | undefined {
  return [...tags]
    .flatMap((tag) => {
      const version = versionOfTag(tag)
      const counts = version?.prerelease.length === 0 && (major === undefined || version.major === major)
      return counts ? [{ tag, version }] : []
    })
    .toSorted((one, other) => compareVersions(one.version, other.version))
    .at(-1)?.tag
}

/**
 * The tag that always leads to the newest release of a major version. There is none for prereleases, and none for 0:
 * there each minor version may break.
 */
export function majorTag({ major, prerelease }: Version): string | undefined {
  return major === 0 || prerelease.length > 0 ? undefined : `v${major}`
}
