import { expect, test } from '@jest/globals'
import { archiveOf, missingFeature, parseCliVersion } from '../../../../src/docker/cli/cli-version.ts'
import { DEFAULTS } from '../../../../src/inputs/defaults.ts'

test.each([
  ['Docker version 28.2.2, build e6534b4', { text: '28.2.2', major: 28, minor: 2 }],
  ['Docker version 20.10.24+dfsg1, build 297e128', { text: '20.10.24+dfsg1', major: 20, minor: 10 }],
  ['podman version 4.3.1', { text: '4.3.1', major: 4, minor: 3 }],
  ['Docker development build', undefined],
])('%s', (printed, version) => {
  expect(parseCliVersion(printed)).toEqual(version)
})

test.each([
  ['20.10.24', undefined],
  ['20.9.0', 'too old for jobs and API 1.41, which came with 20.10'],
  ['19.03.15', 'too old for jobs and API 1.41, which came with 20.10'],
  ['23.0.0', undefined],
])('%s', (text, missing) => {
  expect(missingFeature(parseCliVersion(`version ${text}`))).toBe(missing)
})

test('a build that does not tell its version is used', () => {
  expect(missingFeature(undefined)).toBeUndefined()
})

test.each([
  ['linux', 'x64', 'https://mirror/linux/static/stable/x86_64/docker-28.3.3.tgz'],
  ['linux', 'arm64', 'https://mirror/linux/static/stable/aarch64/docker-28.3.3.tgz'],
  ['darwin', 'arm64', 'https://mirror/mac/static/stable/aarch64/docker-28.3.3.tgz'],
])('the archive for %s on %s', (platform, architecture, url) => {
  expect(archiveOf('https://mirror', '28.3.3', platform, architecture).url).toBe(url)
})

test('the default version on the runners that most have comes with the sum of its archive, no other does', () => {
  expect(archiveOf('https://mirror', DEFAULTS['docker-version'], 'linux', 'x64').sha256).toMatch(/^[0-9a-f]{64}$/)
  expect(archiveOf('https://mirror', '28.3.2', 'linux', 'x64').sha256).toBeUndefined()
})

test('a platform without a static build is told', () => {
  expect(() => archiveOf('https://mirror', '28.3.3', 'freebsd', 'x64')).toThrow('install the docker CLI in an earlier')
})
