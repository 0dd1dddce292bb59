/** Inputs of several values, and how one text is made of what a shell or a plugin gives one by one. Pure. */

/** A path, a name or an entry a line; YAML lists of entries follow one another. */
const BY_LINES = [
  ...['services', 'registries', 'images', 'compose-file', 'env-file', 'allow-config-directories'],
  ...['ssh-known-hosts', 'docker-config', 'registry-ca', 'only', 'force', 'remove-volumes'],
]

const SEPARATORS: ReadonlyMap<string, 'lines' | 'list' | 'commas'> = new Map([
  ...BY_LINES.map((name) => [name, 'lines'] as const),
  ['host', 'list'] as const,
  ['ssh-jump', 'commas'] as const,
])

/** Whether an input may be given more than once. */
export function isList(input: string): boolean {
  return SEPARATORS.has(input)
}

/** Several values of an input in the form that it is read in. */
export function joined(input: string, values: readonly string[]): string {
  const [only = '', ...others] = values
  if (others.length === 0) return only
  switch (SEPARATORS.get(input)) {
    case 'list':
      return JSON.stringify(values)
    case 'commas':
      return values.join(',')
    default:
      return values.map((value) => value.replace(/\n+$/, '')).join('\n')
  }
}

/**
 * A setting of a plugin in the form that the input is read in. Woodpecker and Drone hand on a list of plain values with
 * commas between, and all else that is no plain value as JSON, which is YAML too
 * (woodpecker-ci/woodpecker, pipeline/frontend/yaml/compiler/settings/params.go).
 */
export function ofSetting(input: string, value: string): string {
  const isPlain = !/[\n{}[\]"']/.test(value)
  if (!isList(input) || !isPlain || !value.includes(',')) return value
  return joined(
    input,
    value.split(',').map((part) => part.trim()),
  )
}
