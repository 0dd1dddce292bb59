import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Documented, documented } from '../src/command/action-file.ts'
import { REMEDIES } from '../src/report/remedies.ts'
import { anchorOf, DOCS } from '../src/runner/log/doc-link.ts'

/**
 * The tables of the pages: inputs and outputs, made from `action.yml`, and remedies, made from the code that shows them.
 * `npm run readme` writes them, a test compares.
 */

export { documented }

/**
 * A page with its tables as they are to be now. Their places are `<!-- inputs -->`, with the names of some where it is
 * not all, `<!-- outputs -->` and `<!-- remedies -->`; each goes to `<!-- /inputs -->` and the like.
 *
 * @param page the path of the page, by which links are relative
 */
export function withFreshTables(page: string, text: string, actionFile: string): string {
  const inputs = documented(actionFile, 'inputs')
  const outputs = documented(actionFile, 'outputs')
  const fresh = (kind: string, names: readonly string[]) => {
    if (kind === 'outputs') return tableOfOutputs(outputs)
    if (kind === 'remedies') return tableOfRemedies()
    if (names.length > 0) return tableOfInputs(names.map(inputNamed))
    const groups = [...new Set(inputs.map(({ group }) => group))]
    const inGroup = (group: string) => tableOfInputs(inputs.filter((input) => input.group === group))
    return `\n${groups.map((group) => `## ${group}\n\n${inGroup(group)}`).join('\n\n')}\n`
  }
  const inputNamed = (name: string) => {
    const input = inputs.find((one) => one.name === name)
    if (input === undefined) throw new Error(`${page} has a place for the input ${name}, which is none`)
    return input
  }
  return text.replace(PLACE, (_all, start: string, kind: string, names: string, end: string) => {
    const content = fresh(kind, names.split(' ').filter(Boolean))
    return `${start}\n${page.startsWith('docs/') ? content.replaceAll('](docs/', '](') : content}\n${end}`
  })
}

const PLACE = /(<!-- (inputs|outputs|remedies)((?: [\w-]+)*) -->)[\s\S]*?(<!-- \/\2 -->)/g

function tableOfInputs(inputs: readonly Documented[]): string {
  const rows = inputs.map(({ name, default: fallback, description }) => [
    `\`${name}\``,
    fallback === undefined ? '' : `\`${fallback}\``,
    description,
  ])
  return table(['Input', 'Default', 'Meaning'], rows)
}

function tableOfOutputs(outputs: readonly Documented[]): string {
  const rows = outputs.map(({ name, description }) => [`\`${name}\``, description])
  return table(['Output', 'Meaning'], rows)
}

/** What a cause may say, what to do, and the section that says more. */
function tableOfRemedies(): string {
  const rows = REMEDIES.map(({ reads, advice, doc }) => {
    const [page, section] = DOCS[doc]
    return [reads, `${advice} ([more](${page}#${anchorOf(section)}))`]
  })
  return table(['What you read', 'What to do'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((path) =>
    path.endsWith('.md'),
  )
  const actionFile = readFileSync('action.yml', 'utf8')
  for (const page of pages) writeFileSync(page, withFreshTables(page, readFileSync(page, 'utf8'), actionFile))
}
