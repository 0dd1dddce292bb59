import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** The README's tables of inputs and outputs, made from `action.yml`: `npm run readme` writes them, a test compares. */

const README = fileURLToPath(new URL('../README.md', import.meta.url))
const ACTION = fileURLToPath(new URL('../action.yml', import.meta.url))

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
}

/** The README with its tables as `action.yml` has them now. */
export function withFreshTables(readme: string, actionFile: string): string {
  const { inputs, outputs } = parse(actionFile) as ActionFile
  const inputRows = Object.entries(inputs).map(([name, { default: fallback, description }]) => [
    `\`${name}\``,
    fallback === undefined ? '' : `\`${fallback}\``,
    description,
  ])
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description])
  return between(
    between(readme, 'inputs', table(['Input', 'Default', 'Meaning'], inputRows)),
    'outputs',
    table(['Output', 'Meaning'], outputRows),
  )
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
