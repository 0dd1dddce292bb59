/** A variable as a line of an `env_file` gives it. */
export interface FileVariable {
  readonly name: string
  /** `undefined` of a name alone: the step's own value is meant. */
  readonly value: string | undefined
  readonly line: number
}

export interface ServiceEnvFile {
  readonly variables: readonly FileVariable[]
  readonly problems: readonly { readonly line: number; readonly reason: string }[]
}

/** Go's scanner takes no longer line. */
const LONGEST_LINE_BYTES = 64 * 1024

/** What Go takes for blanks. */
const BLANKS = /^[\t\v\f\r \u0085\p{Z}]+/u

/**
 * Reads the `env_file` of a service as docker stack does, which is not as docker compose does (docker/cli,
 * pkg/kvfile): every line is `NAME=value` or `NAME`, and all behind the sign is the value. No message shows a value.
 */
export function parseServiceEnvFile(text: string): ServiceEnvFile {
  const variables: FileVariable[] = []
  const problems: { line: number; reason: string }[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = index + 1
    const content = raw.replace(/\r$/, '').replace(BLANKS, '')
    if (content === '' || content.startsWith('#')) continue
    const separator = content.indexOf('=')
    const name = separator < 0 ? content : content.slice(0, separator)
    const reason = problemOf(name, raw)
    if (reason !== undefined) problems.push({ line, reason })
    else variables.push({ name, value: separator < 0 ? undefined : content.slice(separator + 1), line })
  }
  return { variables, problems }
}

function problemOf(name: string, line: string): string | undefined {
  if (Buffer.byteLength(line) >= LONGEST_LINE_BYTES) {
    return 'the line is longer than 64 kB, which docker does not read: put the value into a secret or config'
  }
  if (name === '') return 'there is no name before the =: write NAME=value'
  if (/^export[ \t]/.test(name)) return 'docker stack does not know `export` in an `env_file`: leave the word out'
  if (!/[ \t]/.test(name)) return undefined
  return 'this is no NAME=value, for the name has a blank in it: write one, or # before a comment'
}

/** How docker compose would read a value in another way than docker stack, and what to write. */
const OTHERWISE: readonly (readonly [RegExp, string])[] = [
  [/^(["']).*\1$/s, 'docker stack keeps the quotes around the value, which docker compose takes off: leave them out'],
  [/[ \t]#/, 'docker stack keeps what looks like a comment behind the value: put it into a line of its own'],
  [
    /\$\{\w/,
    'docker stack fills in no variables in an `env_file`: write the value, or the variable under `environment`',
  ],
]

/** One line for each way in which docker compose would read the values of a file otherwise. No message shows a value. */
export function readOtherwise({ variables }: ServiceEnvFile, path: string): string[] {
  return OTHERWISE.flatMap(([pattern, said]) => {
    const [first, ...others] = variables.filter(({ value }) => value !== undefined && pattern.test(value))
    if (first === undefined) return []
    const more = others.map(({ name, line }) => `${name} in line ${line}`).join(', ')
    return [`${path} line ${first.line}: ${first.name}: ${said}${more === '' ? '' : ` (also ${more})`}`]
  })
}
