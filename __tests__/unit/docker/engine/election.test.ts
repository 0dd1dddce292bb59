import { describe, expect, test } from '@jest/globals'
import { isElection } from '../../../../src/docker/engine/election.ts'

describe('an election of the leader', () => {
  test.each([
    'rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status',
    'rpc error: code = Unknown desc = raft: failed to process the request: node is stopped',
    'rpc error: code = Unknown desc = raft: no elected cluster leader',
    'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.",
    'Error response from daemon: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing"',
    'rpc error: code = Unavailable desc = transport is closing',
    // A manager that is being demoted.
    'rpc error: code = Canceled desc = grpc: the client connection is closing',
  ])('is behind "%s"', (message) => {
    expect(isElection(message)).toBe(true)
  })

  test.each([
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
    'rpc error: code = Unknown desc = update out of sequence',
    'rpc error: code = InvalidArgument desc = ContainerSpec: image reference must be provided',
    'rpc error: code = NotFound desc = service web not found',
    'rpc error: code = AlreadyExists desc = name conflicts with an existing object: service web already exists',
    'unauthorized: authentication required',
    '',
  ])('is not behind "%s"', (message) => {
    expect(isElection(message)).toBe(false)
  })
})
