import { isDeepStrictEqual } from 'node:util'
import { type AttachmentSources, madeBy } from '../attachments/request.ts'
import type { ServiceRequest } from '../deployment.ts'
import type { Problems } from '../problems.ts'
import type { ReplacementSettings } from '../replacement.ts'
import { parseYaml } from '../yaml.ts'
import { type Entry, entriesOf, placeOf } from './service-entries.ts'
import { requestFromEntry } from './service-entry.ts'
import { entryKeys } from './service-keys.ts'

/**
 * What a `services` text asks for: `name: image` pairs, or a list of entries.
 *
 * @param forAll what the inputs say of strategies and policies
 * @param sources where the contents of secrets and configs are looked for
 */
export function servicesFromText(
  text: string,
  forAll: ReplacementSettings,
  sources: AttachmentSources,
  problems: Problems,
): ServiceRequest[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.at('services').addYaml(wrong)
  if (wrong.length > 0) return []

  const entries = entriesOf(root, entryKeys(forAll.strategies), problems.at('services'))
  const requests = entries.flatMap(
    (entry) => requestFromEntry(entry, { forAll, sources }, problems.at(entry.place)) ?? [],
  )
  checkNames(entries, problems)
  checkSharedContents(requests, problems.at('services'))
  return requests
}

/** Swarm takes names that differ only in their capitals for the same. */
function checkNames(entries: readonly Entry[], problems: Problems): void {
  const lines = new Map<string, number>()
  for (const { name = '', line } of entries) {
    const key = name.toLowerCase()
    const first = lines.get(key)
    if (key !== '' && first !== undefined)
      problems.add(
        `${placeOf(name)}: the service is given twice (lines ${first} and ${line}): put all of it into one entry`,
      )
    lines.set(key, line)
  }
}

/** What is made under one name is one thing for the whole run. */
function checkSharedContents(requests: readonly ServiceRequest[], problems: Problems): void {
  const known = new Map<string, { readonly service: string; readonly what: unknown }>()
  for (const { name: service, attachments } of requests) {
    for (const { kind, name, what } of attachments === undefined ? [] : madeBy(attachments)) {
      const other = known.get(`${kind} ${name}`)
      if (other === undefined) known.set(`${kind} ${name}`, { service, what })
      else if (!isDeepStrictEqual(other.what, what)) {
        const advice =
          kind === 'network'
            ? 'say it in one of the two, and write the name alone in the other'
            : 'give one of the two another name; with `target` the file can be called the same in both'
        problems.add(`${other.service} and ${service} make the ${kind} ${name} in two ways: ${advice}`)
      }
    }
  }
}
