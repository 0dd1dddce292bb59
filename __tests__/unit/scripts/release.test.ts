import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { releaseNotes, sectionOf, withRelease } from '../../../scripts/release/changelog.ts'
import { compareVersions, majorTag, newestRelease, parseVersion } from '../../../scripts/release/version.ts'

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n- New: see [the page](docs/new.md).\n\n## 1.1.0 - 2026-01-01\n\n- Old.\n'

describe('versions', () => {
  test('are those of SemVer, in its order', () => {
    const inOrder = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1']
    const all = [...inOrder, '1.0.0', '1.2.0', '1.10.0', '2.0.0'].map((text) => parseVersion(text))
    const sorted = all.toReversed().toSorted((a, b) => (a && b ? compareVersions(a, b) : Number.NaN))
    expect(sorted).toEqual(all)
  })

  test.each(['1.2', 'v1.2.3', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3+build', '1.2.3 ', ''])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined()
  })

  test('the newest release is no prerelease, and of the major version that is asked for', () => {
    const tags = ['v1.2.0', 'v1.10.1', 'v2.0.0-rc.1', 'v1', 'nightly', 'v0.9.0']
    expect(newestRelease(tags)).toBe('v1.10.1')
    expect(newestRelease(tags, 0)).toBe('v0.9.0')
    expect(newestRelease(tags, 2)).toBeUndefined()
  })

  test.each([
    ['1.2.3', 'v1'],
    ['12.0.0', 'v12'],
    ['0.4.0', undefined],
    ['2.0.0-rc.1', undefined],
  ])('%s has the major tag %s', (text, tag) => {
    const version = parseVersion(text)
    expect(version && majorTag(version)).toBe(tag)
  })
})

describe('the changelog', () => {
  test('has a section for each version, found by its whole name', () => {
    expect(sectionOf(CHANGELOG, 'Unreleased')).toBe('- New: see [the page](docs/new.md).')
    expect(sectionOf(CHANGELOG, '1.1.0')).toBe('- Old.')
    expect(sectionOf(CHANGELOG, '1.1')).toBeUndefined()
  })

  test('gets a section for what was not released', () => {
    const released = withRelease(CHANGELOG, '1.2.0', '2026-11-26')
    expect(sectionOf(released, 'Unreleased')).toBe('')
    expect(sectionOf(released, '1.2.0')).toBe(sectionOf(CHANGELOG, 'Unreleased'))
    expect(released).toContain('\n## 1.2.0 - 2026-11-26\n')
    expect(() => withRelease(released, '1.3.0', '2026-11-26')).toThrow('nothing below')
    expect(() => withRelease(CHANGELOG, '1.1.0', '2026-11-26')).toThrow('already')
  })

  test('has links of its own that lead on from a page of releases', () => {
    const text = '[a](docs/a.md#b) [b](https://example.com) [c](#c)'
    expect(releaseNotes(text, 'https://example.org/blob/v1.2.0')).toBe(
      '[a](https://example.org/blob/v1.2.0/docs/a.md#b) [b](https://example.com) [c](#c)\n',
    )
  })

  test('of this repository can be released', () => {
    const ours = readFileSync('CHANGELOG.md', 'utf8')
    expect(sectionOf(ours, 'Unreleased')).toBeDefined()
  })
})
