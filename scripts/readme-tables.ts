import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMap, isScalar, parseDocument } from 'yaml'
import { REMEDIES } from '../src/report/remedies.ts'
import { anchorOf, DOCS, type Doc } from '../src/runner/doc-link.ts'

/** The README's tables of inputs and outputs, made from `action.yml`, and of remedies, made from the code that shows them: `npm run readme` writes them, a test compares. */

const README = fileURLToPath(new URL('../README.md', import.meta.url))
const ACTION = fileURLToPath(new URL('../action.yml', import.meta.url))

interface Described {
  readonly description: string
  readonly default?: string
}

/** An input or output of `action.yml`, and the comment that is the heading of its group. */
export interface Documented extends Described {
  readonly name: string
  readonly group: string
}

/** The inputs or outputs of `action.yml`, in its order. */
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

/** The README with its tables as `action.yml` has them now. */
export function withFreshTables(readme: string, actionFile: string): string {
  const inputs = documented(actionFile, 'inputs')
  const groups = [...new Set(inputs.map(({ group }) => group))].map((group) => {
    const rows = inputs
      .filter((input) => input.group === group)
      .map(({ name, default: fallback, description }) => [
        `\`${name}\``,
        fallback === undefined ? '' : `\`${fallback}\``,
        description,
      ])
    return `### ${group}\n\n${table(['Input', 'Default', 'Meaning'], rows)}`
  })
  const outputs = documented(actionFile, 'outputs').map(({ name, description }) => [`\`${name}\``, description])
  const remedies = REMEDIES.map(({ reads, advice, doc }) => [reads, `${advice}${more(doc)}`])
  const tables = [
    ['inputs', `\n${groups.join('\n\n')}\n`],
    ['outputs', table(['Output', 'Meaning'], outputs)],
    ['remedies', table(['What you read', 'What to do'], remedies)],
  ] as const
  return tables.reduce((text, [name, content]) => between(text, name, content), readme)
}

/** Behind a remedy: the section that says more of it, unless that is this very table. */
function more(doc: Doc): string {
  const [page, section] = DOCS[doc]
  return page === 'README.md' ? '' : ` ([more](${page}#${anchorOf(section)}))`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function between(text: string, name: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
  if (!pattern.test(text)) throw new Error(`README.md has no place for ${name}`)
  return text.replace(pattern, (_all, start: string, end: string) => `${start}${content}\n${end}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(README, withFreshTables(readFileSync(README, 'utf8'), readFileSync(ACTION, 'utf8')))
}
