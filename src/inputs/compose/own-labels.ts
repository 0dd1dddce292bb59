import { OWN_LABELS } from '../../runner/own-labels.ts'
import { placed, shown } from '../../runner/text/shown.ts'
import type { YamlValue } from '../yaml.ts'
import type { Findings } from './findings.ts'
import type { Section } from './keys.ts'
import { entryAt } from './tree.ts'
import { filledIn, type LookUp } from './variables.ts'

/** Tells the labels of a network, secret or config by which this program finds its own: of a service some are the user's. */
export function refuseOwnLabels(
  section: Section,
  path: string,
  name: string,
  value: YamlValue,
  { lookUp, findings }: { readonly lookUp: LookUp; readonly findings: Findings },
): void {
  const labels = value.kind === 'map' ? entryAt(value, 'labels') : undefined
  for (const { label, line } of labels === undefined ? [] : namesOf(labels, lookUp)) {
    if (!label.startsWith(OWN_LABELS)) continue
    findings.addProblem(
      `${path} line ${line}: ${section}.${placed(name)}.labels: ${shown(label)} is not yours to give, because objects are found by it: leave it out`,
    )
  }
}

function namesOf(labels: YamlValue, lookUp: LookUp): { readonly label: string; readonly line: number }[] {
  if (labels.kind === 'map') return labels.entries.map(({ key, line }) => ({ label: key, line }))
  return (labels.kind === 'list' ? labels.items : []).flatMap((item) =>
    item.kind === 'text' ? [{ label: filledIn(item.value, lookUp).split('=', 1)[0] ?? '', line: item.line }] : [],
  )
}
