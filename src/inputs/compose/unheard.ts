import { safeLine } from '../../runner/text/safe-text.ts'
import { placed } from '../../runner/text/shown.ts'
import type { YamlEntry } from '../yaml.ts'
import type { Findings } from './findings.ts'
import { unheardKeys } from './keys.ts'
import { hasComment, unknownVolumeOptions, volumeOptionAdvice } from './short-forms.ts'
import { isNothing, itemsOf } from './tree.ts'
import { filledIn, type LookUp } from './variables.ts'

/** Tells what docker leaves out of a service's value without a word. */
export function tellUnheard(
  { key, line, value }: YamlEntry,
  path: string,
  service: string,
  lookUp: LookUp,
  findings: Findings,
): void {
  const warn = (at: number, said: string) =>
    findings.addWarning(`${path} line ${at}: services.${placed(service)}.${key}: ${said}`)
  if (
    (key === 'command' || key === 'entrypoint') &&
    value.kind === 'text' &&
    hasComment(filledIn(value.value, lookUp))
  ) {
    warn(line, 'docker takes a word that begins with # for a comment, and leaves out what follows: put it in quotes')
  }
  for (const { name, line: at, advice } of unheardKeys(key, value)) {
    findings.mentionIgnored(name, advice, `${path} line ${at}`, service)
  }
  if (key === 'volumes') {
    for (const item of itemsOf(value)) {
      if (item.kind !== 'text') continue
      for (const option of unknownVolumeOptions(filledIn(item.value, lookUp))) {
        const place = `${path} line ${item.line}`
        findings.mentionIgnored(`volumes: …:${safeLine(option, 40)}`, volumeOptionAdvice(option), place, service)
      }
    }
  }
  if (key === 'extra_hosts') {
    const incomplete =
      value.kind === 'map'
        ? value.entries.filter((entry) => isNothing(entry.value))
        : itemsOf(value).filter((item) => item.kind === 'text' && !/[:=]/.test(filledIn(item.value, lookUp)))
    for (const one of incomplete) warn(one.line, 'docker leaves out a host without an address: write `name:address`')
  }
  if (key !== 'networks' || value.kind !== 'map') return
  for (const network of value.entries) {
    for (const entry of network.value.kind === 'map' ? network.value.entries : []) {
      if (!/^ipv[46]_address$/.test(entry.key)) continue
      const advice = 'Swarm chooses the addresses of tasks itself: leave it out, and use the name of the service'
      findings.mentionIgnored(`networks.${entry.key}`, advice, `${path} line ${entry.line}`, service)
    }
  }
}
