import { describe, expect, test } from '@jest/globals'
import { FORMATS, formatFor } from '../../../lab/image.ts'
import { healthy, runs } from '../../../lab/program.ts'

describe('the format of an image', () => {
  test('is another one for each of three versions', () => {
    for (const program of [runs(), healthy()]) {
      const formats = ['v1', 'v2', 'v3'].map((content) => formatFor({ ...program, content }, undefined))
      expect(formats.toSorted()).toEqual(FORMATS.toSorted())
    }
  })

  test('is the same for the same contents', () => {
    expect(formatFor({ content: 'v1', env: { A: '1' } }, '')).toBe(formatFor({ env: { A: '1' }, content: 'v1' }, ''))
  })

  test('can be forced on all of them', () => {
    expect(FORMATS.map((format) => formatFor({ content: 'v1' }, format))).toEqual(FORMATS)
    expect(() => formatFor({}, 'tar')).toThrow('LAB_IMAGE_FORMAT is one of docker, oci, attested, not tar.')
  })
})
