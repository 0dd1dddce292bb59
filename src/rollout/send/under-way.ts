import { fingerprint } from '../../docker/specs/spec-comparison.ts'
import { currentOf, interimOf, type SendableChange } from '../../plan/change.ts'
import { note, type ServiceState } from '../../runner/workspace/state.ts'
import type { Sent } from './sent.ts'

/** A service that is about to be sent: whoever comes after a kill has to know of it. */
export function noteSending(change: SendableChange): void {
  note({ service: stateOf(change, 'sending') })
}

/** It was sent, and this is how the swarm has it. */
export function noteSent({ change, service, problem }: Sent): void {
  if (change.action === 'unchanged' || service === undefined || problem !== undefined) return
  const state = stateOf(change, 'sent')
  note({ service: { ...state, ours: [...state.ours, fingerprint(service.Spec)] } })
}

/** Its traffic moves from one service to another: that is not one spec any more. */
export function noteMoving({ change }: Sent): void {
  if (change.action !== 'unchanged') note({ service: stateOf(change, 'moving') })
}

function stateOf(change: SendableChange, phase: ServiceState['phase']): ServiceState {
  const { name } = change.request
  const interim = interimOf(change)
  const current = currentOf(change)
  return {
    name,
    service: change.action === 'switch' ? change.second.name : name,
    action: change.action === 'update' ? 'update' : 'create',
    phase,
    before: current === undefined ? '' : fingerprint(current.Spec),
    ours: [change.wanted, ...(interim === undefined ? [] : [interim])].map(fingerprint),
    interim: interim === undefined ? '' : fingerprint(interim),
  }
}
