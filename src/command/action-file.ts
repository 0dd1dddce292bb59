import { isMap, isScalar, parseDocument } from 'yaml'

interface Described {
  readonly description: string
  readonly default?: string
}

/** An input or output of `action.yml`, and the comment that is the heading of its group. */
export interface Documented extends Described {
  readonly name: string
  readonly group: string
}

/**
 * The inputs or outputs of `action.yml`, in its order. Pure.
 *
 * @param actionFile its text
 */
export function documented(actionFile: string, section: 'inputs' | 'outputs'): Documented[] {
  const map = parseDocument(actionFile).get(section)
  if (!isMap(map)) throw new Error(`action.yml has no ${section}`)
  let group = ''
  return map.items.map(({ key, value }, index) => {
    if (!isScalar(key) || !isMap(value)) throw new Error(`action.yml has something else in its ${section}`)
    // The comment before the first one is said to belong to all.
    const heading = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined)
    group = heading?.trim() ?? group
    return { name: String(key.value), group, ...(value.toJSON() as Described) }
  })
}
