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
 * and for a moment while it starts (moby, daemon/cluster/cluster.go: errNoManager); so is one whose certificate is too old.
 */
export function isNoManager(message: string): boolean {
  return /This node is not a swarm manager|Swarm certificates have expired/i.test(message)
}

/**
 * Whether these words of the daemon mean that it was started anew and waits for the key of its swarm (`--autolock`), which
 * a person gives it (moby, daemon/cluster/errors.go: errSwarmLocked).
 */
export function isLocked(message: string): boolean {
  return /Swarm is encrypted and needs to be unlocked/i.test(message)
}

/** Whether a call that was refused in these words would be answered by a manager that is up, of a swarm with a leader. */
export function isOfManagers(message: string): boolean {
  return isElection(message) || isNoManager(message) || isLocked(message)
}
