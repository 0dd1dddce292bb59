import { expect, test } from '@jest/globals'
import { nodeName } from '../../../../src/docker/swarm/node-name.ts'
import { createJoiningNode, createNode } from '../../../support/builders.ts'

test('a node is called by its name, by both where another has that too, and by its ID where it has none', () => {
  const twin = { ...createNode(3), Description: createNode(1).Description }
  const nodes = [createNode(1), createNode(2), twin, createJoiningNode(4), createJoiningNode(5)]
  expect(['node-1', 'node-2', 'node-4', 'gone'].map((id) => nodeName(id, nodes))).toEqual([
    'host-1 (node-1)',
    'host-2',
    'node-4',
    'gone',
  ])
})
