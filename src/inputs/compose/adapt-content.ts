import { placed } from '../../runner/text/shown.ts'
import { listed } from '../problems.ts'
import type { YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { SOURCES, sourcesOf } from './contents.ts'
import type { Findings } from './findings.ts'
import { entryAt, isNothing, mapValues, noMap, text, withEntries } from './tree.ts'
import type { LookUp } from './variables.ts'

/**
 * The label of a secret or config that says where its content is, for docker reads none itself: `file`, `content` or
 * `environment`, then its key in the files, then the path, content or variable, with colons between. Of one whose
 * content a driver has, `driver` and the key.
 */
export const SOURCE_LABEL = 'swarm-deploy.source'
const NO_FILE = '/dev/null'

/**
 * A secret or config with such a label: its content may stand in the file, or in a variable, and docker stack knows only
 * files.
 */
export function adaptContent(
  section: 'secrets' | 'configs',
  path: string,
  name: string,
  value: YamlValue,
  { lookUp, findings }: { readonly lookUp: LookUp; readonly findings: Findings },
): YamlValue {
  const what = `${section}.${placed(name)}`
  if (value.kind !== 'map') {
    findings.addProblem(
      `${path} line ${value.line}: ${what} is ${noMap(value)}: write \`file: …\`, or \`external: true\``,
    )
    return value
  }
  const given = sourcesOf(value, lookUp)
  if (given.length > 1) {
    findings.addProblem(`${path} line ${value.line}: ${what} has ${listed(given)}: leave one of them`)
  }
  const source = value.entries.find(({ key }) => SOURCES.includes(key) || key === 'driver')
  if (source === undefined || given.includes('external')) return value
  const { key, value: inner, line } = source
  if (key !== 'driver' && (inner.kind !== 'text' || isNothing(inner))) {
    findings.addProblem(`${path} line ${line}: ${what}.${key} is no text: put it in quotes`)
    return value
  }
  const words = inner.kind === 'text' && key !== 'driver' ? inner.value : ''
  const label = text(`${key}:${name.replaceAll('$', '$$$$')}:${words}`, line)
  const others = value.entries.filter((entry) => !SOURCES.includes(entry.key))
  const file = key === 'driver' ? [] : [{ key: 'file', line, value: text(NO_FILE, line) }]
  return withLabel({ ...value, entries: [...others, ...file] }, SOURCE_LABEL, label)
}

function withLabel(object: YamlMap, name: string, value: YamlText): YamlMap {
  if (entryAt(object, 'labels')?.kind !== 'list') {
    return withEntries(object, ['labels'], [{ key: name, line: value.line, value }])
  }
  const item = text(`${name}=${value.value}`, value.line)
  return mapValues(object, (_, one) =>
    one === entryAt(object, 'labels') && one.kind === 'list' ? { ...one, items: [...one.items, item] } : one,
  )
}
