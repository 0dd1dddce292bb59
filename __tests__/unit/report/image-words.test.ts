import { describe, expect, test } from '@jest/globals'
import { imageWords, shortImage } from '../../../src/report/image-words.ts'

const HASH = '0123456789abcdef'.repeat(4)

describe('an image in words', () => {
  test.each([
    ['ghcr.io/acme/web:1.4.2', { repository: 'ghcr.io/acme/web', tag: '1.4.2', digest: undefined }],
    ['ghcr.io/acme/web', { repository: 'ghcr.io/acme/web', tag: undefined, digest: undefined }],
    ['registry:5000/web', { repository: 'registry:5000/web', tag: undefined, digest: undefined }],
    [`web:1@sha256:${HASH}`, { repository: 'web', tag: '1', digest: '0123456789ab' }],
    [`web@sha256:${HASH}`, { repository: 'web', tag: undefined, digest: '0123456789ab' }],
  ])('%s', (image, words) => {
    expect(imageWords(image)).toEqual(words)
  })

  test.each([
    ['of a commit', HASH.slice(0, 40), '0123456789ab'],
    ['of a folder', HASH, '0123456789ab'],
    ['of a commit, as docker/metadata-action writes it', `sha-${HASH.slice(0, 40)}`, 'sha-0123456789ab'],
    ['that is short', HASH.slice(0, 12), HASH.slice(0, 12)],
    ['of a day', '20261126', '20261126'],
  ])('a tag %s', (_, tag, short) => {
    expect(imageWords(`registry:5000/web:${tag}`).tag).toBe(short)
    expect(shortImage(`registry:5000/web:${tag}@sha256:${HASH}`)).toBe(`registry:5000/web:${short}@0123456789ab`)
  })
})
