import { entryAt, itemsOf, mapAt } from '../inputs/compose/tree.ts'
import type { StackRequest } from '../inputs/stack-request.ts'
import { scoped } from './stack.ts'

/**
 * The services of a stack that need others, by their `depends_on`, directly or by one between them. Swarm itself makes
 * nothing of that key. Pure.
 *
 * @param names of the others, as the swarm has them
 */
export function dependantsOf(names: readonly string[], stack: Pick<StackRequest, 'name' | 'files'>): Set<string> {
  const needs = stack.files.flatMap(({ root }) =>
    mapAt(root, 'services').flatMap(({ key, value }) => {
      const needed = value.kind === 'map' ? entryAt(value, 'depends_on') : undefined
      if (needed === undefined) return []
      const keys =
        needed.kind === 'map'
          ? needed.entries.map((entry) => entry.key)
          : itemsOf(needed).flatMap((item) => (item.kind === 'text' ? item.value.trim() : []))
      return keys.map((one) => ({ name: scoped(stack, key), needs: scoped(stack, one) }))
    }),
  )
  const found = new Set<string>()
  // What is found is looked at in its turn.
  const left = [...names]
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    for (const one of needs) {
      if (one.needs !== name || found.has(one.name)) continue
      found.add(one.name)
      left.push(one.name)
    }
  }
  return found
}
