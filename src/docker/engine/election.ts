// `node is stopped` and `no elected cluster leader` are swarmkit's own as well (manager/state/raft/raft.go).
const NO_LEADER =
  /node lost leader status|node is stopped|no elected cluster leader|Manager is being prepared or has trouble connecting|context deadline exceeded|does not have a leader|(?:transport|client connection) is closing|connection error|Unavailable/i

/**
 * How long what an election keeps from being done is done again. A healthy manager sees a failover through within 20 s,
 * an old leader that comes back within about 24 s, and that one refuses every change for 10 s and more.
 */
export const ELECTION_PATIENCE_MS = 90_000

/** Whether these words of the daemon mean that the swarm is electing a leader: what was asked may be done or not. */
export function isElection(message: string): boolean {
  return NO_LEADER.test(message)
}

/**
 * Whether these words of the daemon mean that its node does not manage the swarm. It says so for good after a demotion,
 * and for a moment while it starts (moby, daemon/cluster/cluster.go: errNoManager).
 */
export function isNoManager(message: string): boolean {
  return /This node is not a swarm manager/i.test(message)
}
