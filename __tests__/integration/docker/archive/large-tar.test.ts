import { expect, test } from '@jest/globals'
import { openTar } from '../../../../src/docker/archive/tar-file.ts'
import { withArchives } from '../../../support/archives.ts'

test('more files than any image has are an end of it', async () => {
  const many = Array.from({ length: 20_001 }, (_, index) => ({ path: `f${index}` }))
  const opened = withArchives((write) => openTar(write(many), new AbortController().signal))
  await expect(opened).rejects.toThrow('has more than 20000 files')
})
