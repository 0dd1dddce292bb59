import { expect, test } from '@jest/globals'
import { prunedMarkdown } from '../../../src/report/pruned.ts'

const image = (letter: string) => ({ bytes: 2_000_000, names: [`hub.test/web@sha256:${letter.repeat(64)}`] })

test('nodes from which the same went are one line', () => {
  const gone = [image('a'), image('b')]
  const nodes = [
    { node: 'n1', gone },
    { node: 'n2', gone: gone.toReversed() },
    { node: '<n3>', gone: [image('a')] },
  ]
  const lines = prunedMarkdown({ nodes, asked: 4, failed: ['n9'] }).split('\n')
  expect(lines).toEqual([
    '### Old images on the nodes',
    '',
    '- n1, n2: 2 images went, up to 4 MB freed on each: `hub.test/web@sha256:aaaaaaaaaaaa`, `hub.test/web@sha256:bbbbbbbbbbbb`',
    '- \\<n3\\>: 1 image went, up to 2 MB freed: `hub.test/web@sha256:aaaaaaaaaaaa`',
    '',
    'Not removed from n9: the log says why.',
  ])
})

test('where there was nothing, it says so', () => {
  expect(prunedMarkdown({ nodes: [], asked: 2, failed: [] })).toBe(
    '### Old images on the nodes\n\nNothing was to be removed.',
  )
})
