import { expect, test } from '@jest/globals'
import { parseRollbackTarget, targetInWords } from '../../../src/inputs/rollback-target.ts'

const PAGE = 'https://git.test/acme/shop/actions/runs'
const SHA = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'

test.each([
  ['previous', { by: 'previous' }, 'previous'],
  ['#7', { by: 'version', version: 7 }, '#7'],
  ['1.4.2', { by: 'name', text: '1.4.2' }, '"1.4.2"'],
  [SHA, { by: 'name', text: SHA }, `"${SHA}"`],
  ['1234567890', { by: 'name', text: '1234567890' }, '"1234567890"'],
  [`${PAGE}/1234`, { by: 'run', url: `${PAGE}/1234`, attempt: undefined }, `the run ${PAGE}/1234`],
  [`${PAGE}/9/attempts/2?pr=1#x`, { by: 'run', url: `${PAGE}/9`, attempt: '2' }, `the run ${PAGE}/9 (attempt 2)`],
  [`${PAGE}/12/job/34`, { by: 'run', url: `${PAGE}/12`, attempt: undefined }, `the run ${PAGE}/12`],
  [`${PAGE}/12/jobs/0/`, { by: 'run', url: `${PAGE}/12`, attempt: undefined }, `the run ${PAGE}/12`],
  [
    'https://GitLab.test/acme/shop/-/pipelines/77',
    { by: 'run', url: 'https://gitlab.test/acme/shop/-/pipelines/77', attempt: undefined },
    'the run https://gitlab.test/acme/shop/-/pipelines/77',
  ],
])('%s', (text, target, words) => {
  expect(parseRollbackTarget(text)).toEqual(target)
  expect(targetInWords(parseRollbackTarget(text))).toBe(words)
})

test.each([
  ['last', /^"last": write `previous`$/],
  ['Previous', /write `previous`/],
  ['#', /^"#" is no number of a version: write one such as `'#7'`/],
  ['#0', /is no number of a version/],
  ['#1.2', /is no number of a version/],
  ['https://github.com/acme/shop/commit/0a1b2c3', /is the address of a commit: write `0a1b2c3`/],
  ['https://github.com', /is not the address of a run: write one such as `https:/],
  ['https://', /is not the address of a run/],
  ['ghcr.io/acme/web:1.4', /is an image: write its tag alone \(`1\.4`\)/],
  ['web:1.4@sha256:abc', /is an image: write its tag alone \(`1\.4`\)/],
  [`web@sha256:${'a'.repeat(64)}`, /is an image: write its tag alone,/],
  ['two words', /^"two words" is no version: write `previous`, a number such as `'#7'` \(in quotes\), the tag/],
])('%s is refused', (text, message) => {
  expect(() => parseRollbackTarget(text)).toThrow(message)
})
