import { fingerprint } from '../docker/specs/spec-comparison.ts'
import { type ChangedService, currentOf } from '../plan/check.ts'
import { note, type ServiceState } from '../runner/state.ts'
import type { Rollout } from './rollout.ts'

/** A service that is about to be sent: whoever comes after a kill has to know of it. */
export function noteSending(checked: ChangedService): void {
  note({ service: stateOf(checked, 'sending') })
}

/** It was sent, and this is how the swarm has it. */
export function noteSent({ checked, service, problem }: Rollout): void {
  if (checked.action === 'unchanged' || service === undefined || problem !== undefined) return
  const state = stateOf(checked, 'sent')
  note({ service: { ...state, ours: [...state.ours, fingerprint(service.Spec)] } })
}

/** Its traffic moves from one service to another: that is not one spec any more. */
export function noteMoving({ checked }: Rollout): void {
  if (checked.action !== 'unchanged') note({ service: stateOf(checked, 'moving') })
}

function stateOf(checked: ChangedService, phase: ServiceState['phase']): ServiceState {
  const { name } = checked.request
  const interim = checked.action === 'update' ? checked.interim : undefined
  const current = currentOf(checked)
  return {
    name,
    service: checked.action === 'switch' ? checked.second.name : name,
    action: checked.action === 'update' ? 'update' : 'create',
    phase,
    before: current === undefined ? '' : fingerprint(current.Spec),
    ours: [checked.wanted, ...(interim === undefined ? [] : [interim])].map(fingerprint),
    interim: interim === undefined ? '' : fingerprint(interim),
  }
}
