import { placed, shown } from '../../runner/text/shown.ts'
import type { YamlValue } from '../yaml.ts'
import type { Findings } from './findings.ts'
import { addressOfPort, meansAllAddresses } from './short-forms.ts'
import { filledIn, type LookUp } from './variables.ts'

/** A port as docker stack takes it: what `docker compose config` writes as text, it wants as a number. */
export function adaptPort(
  port: YamlValue,
  path: string,
  service: string,
  { lookUp, findings }: { readonly lookUp: LookUp; readonly findings: Findings },
): YamlValue {
  if (port.kind === 'text') {
    const address = addressOfPort(filledIn(port.value, lookUp))
    if (address !== '') refuseAddress(`the address ${shown(address)}`, `${path} line ${port.line}`, service, findings)
  }
  if (port.kind !== 'map') return port
  const entries = port.entries.flatMap((entry) => {
    const { key, value, line } = entry
    const place = `${path} line ${line}`
    if (key === 'name' || key === 'app_protocol') {
      findings.mentionDropped(`ports.${key}`, 'it says nothing to Swarm', place, service)
      return []
    }
    if (key === 'host_ip') {
      if (value.kind === 'text' && meansAllAddresses(filledIn(value.value, lookUp))) {
        findings.mentionDropped('ports.host_ip', 'Swarm publishes on all addresses anyway', place, service)
      } else refuseAddress('`host_ip`', place, service, findings)
      return []
    }
    if ((key !== 'published' && key !== 'target') || value.kind !== 'text' || value.style === 'plain') return [entry]
    if (/^\d+$/.test(value.value)) return [{ ...entry, value: { ...value, style: 'plain' as const } }]
    if (!value.value.includes('$')) {
      findings.addProblem(
        `${place}: services.${placed(service)}.ports: \`${key}\` is ${shown(value.value)}, which is no single port: write one number, and an entry for each`,
      )
    }
    return [entry]
  })
  return { ...port, entries }
}

function refuseAddress(what: string, place: string, service: string, findings: Findings): void {
  findings.addProblemOnce(
    `${place}: services.${placed(service)}.ports: ${what}: Swarm publishes on all addresses of a node: leave it out, or guard the port by a firewall`,
  )
}
