import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** A stack of the corpus: what it shows, and the compose files that it is made of, one over the other. */
export interface Stack {
  /** Its place in the corpus, which is also its name on the swarm: `network-3`. */
  readonly name: string
  readonly title: string
  readonly files: readonly [string, ...string[]]
}

const STACKS = fileURLToPath(new URL('stacks/', import.meta.url))

/** What the compose files refer to: each stack has a copy of it beside them. */
export const FILES = fileURLToPath(new URL('stacks/files/', import.meta.url))

/**
 * All stacks. A file of the corpus holds many: `---` stands between two of them, the comment at the head of one says
 * what it shows, and what follows `--- # over it` is a second file of the same stack.
 */
export async function readCorpus(): Promise<Stack[]> {
  const names = (await readdir(STACKS)).filter((name) => name.endsWith('.yml')).toSorted()
  const groups = names.map(async (name) =>
    stacksIn(name.slice(0, -'.yml'.length), await readFile(STACKS + name, 'utf8')),
  )
  return (await Promise.all(groups)).flat()
}

function stacksIn(group: string, text: string): Stack[] {
  return text.split(/^---\n/m).map((part, index) => {
    const name = `${group}-${index + 1}`
    const [, title] = /^# (.+)\n/.exec(part) ?? []
    if (title === undefined) throw new Error(`The stack ${name} begins with no comment that says what it shows.`)
    const [first = '', ...others] = part.split(/^--- # over it\n/m)
    return { name, title, files: [first, ...others] }
  })
}
