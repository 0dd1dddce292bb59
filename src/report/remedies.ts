import type { ServiceResult } from '../result.ts'
import type { Doc } from '../runner/log/doc-link.ts'

/**
 * What to do about what a run says is wrong: the one table of it. docs/troubleshooting.md shows it (`npm run readme`), and the
 * summary has the line that fits. All of it is Markdown of our own.
 */
export interface Remedy {
  /** What the user reads. */
  readonly reads: string
  /** The texts of a cause, an ending or a problem that it is for. */
  readonly finds: RegExp
  readonly advice: string
  /** The section that says more. */
  readonly doc: Doc
  /** Only for what became of a task: before anything is sent, the same words are about something else. */
  readonly isOfTask?: true
}

/** The first that fits counts: what is special stands before what is general. */
export const REMEDIES: readonly Remedy[] = [
  {
    reads: '`… is a worker of its swarm`, `This node is not a swarm manager`',
    finds: /\bis a worker of its swarm\b|\bThis node is not a swarm manager\b/,
    advice:
      'point `host`, `DOCKER_HOST` or the context at a manager; with several in `host`, a run goes on when one of them is none any more',
    doc: 'the swarm cannot be reached',
  },
  {
    reads: '`its node … is drained now`, or `down`',
    finds: /\bits node \S+ (?:\(\w+\) )?is (?:drained|down) now\b/,
    advice:
      'the task went with its node: deploy again when that is back (`docker node ls`), or let the service run on others as well',
    doc: 'no node can take a task',
    isOfTask: true,
  },
  {
    reads: '`the task was shut down by Swarm`, `was lost with its node`',
    finds: /\btask (?:was shut down by Swarm|was lost with its node)\b/,
    advice:
      'Swarm itself stopped the task before the update was over, as it does when its node is drained, goes down or leaves: deploy again when `docker node ls` shows all nodes as they should be',
    doc: 'no node can take a task',
    isOfTask: true,
  },
  {
    reads: '`task was rejected: … no space left on device`',
    // Docker's words of a task, and not what a check may have printed.
    finds: /\btask (?:was rejected|failed)\b[^;]*\b(?:no space left on device|disk quota exceeded)\b/i,
    advice: 'a disk of the node is full: free space there (`docker system df`, `docker image prune --all`)',
    doc: 'a container does not start',
    isOfTask: true,
  },
  {
    reads: '`the way back failed too`',
    finds: /\bthe way back failed too\b/,
    advice: 'look at the service at once: neither the new version nor the old one may run',
    doc: 'the way back failed',
  },
  // What a check has printed may have the words of any other.
  {
    reads: '`the check cannot be run`',
    finds: /\bthe check cannot be run\b/,
    advice:
      'the shell of the runner does not find the command, or may not start it: make a script executable (`git update-index --chmod=+x`), or have a shell read it (`sh ./check.sh`)',
    doc: 'a trial fails',
    isOfTask: true,
  },
  {
    reads: '`the check failed 3 times in a row`',
    finds: /\bthe check failed\b|\bcheck-command\b|\bcheck-url\b/,
    advice: 'the new tasks run, but do not answer as `check-command` or `check-url` wants: run the check by hand',
    doc: 'a trial fails',
    isOfTask: true,
  },
  {
    reads: '`x509: certificate signed by unknown authority`',
    finds: /\bx509: /,
    advice: "put the registry's CA into `/etc/docker/certs.d/<registry>/ca.crt` on every node",
    doc: 'the image cannot be pulled',
    isOfTask: true,
  },
  {
    reads: '`No such image: …`, `failed to resolve reference …` on a node',
    // The second of daemons with their images in containerd, as new ones of Docker 29 have (moby v2.0.0-beta.24).
    finds:
      /\bNo such image\b|\bpull access denied\b|\bmanifest unknown\b|\bfailed to resolve reference\b|\bfailed to copy: httpReadSeeker\b/i,
    advice:
      "the node could not pull: look at whether the registry has the image (still), the node's network and disk, its trust in the registry's certificate, and the credential that is stored with the service",
    doc: 'the image cannot be pulled',
    isOfTask: true,
  },
  {
    reads: '`image … could not be accessed on a registry to record its digest`',
    finds: /\bcould not be accessed on a registry\b/,
    advice: 'does not happen here: the image is resolved first, or nothing is changed',
    doc: 'the image cannot be pulled',
    isOfTask: true,
  },
  {
    reads: '`perhaps because of its health check (…), and its restart policy …`',
    finds: /\bperhaps because of its health check \([^)]*\), and its restart policy\b/,
    advice:
      'Swarm stops an unhealthy task, and starts no other with `on-failure` or `none` when that takes it with exit code 0: use the restart condition `any` (`--restart-condition any`) for what is to run on, and no health check (`--no-healthcheck`, `healthcheck: {disable: true}`) for what is to end',
    doc: 'a health check fails',
    isOfTask: true,
  },
  {
    reads: '`failed its health check`, `perhaps because of its health check`',
    finds: /\bfailed its health check\b|\bperhaps because of its health check\b|\bunhealthy\b/,
    advice:
      'run the check in the container (`docker exec`), and give a slow start a longer `start_period` (`--health-start-period`)',
    doc: 'a health check fails',
    isOfTask: true,
  },
  {
    reads: '`exit code 137`',
    finds: /\bexit code 137\b|\bOOM\b|\bout of memory\b/i,
    advice: 'the task was killed, mostly for want of memory: raise its limit, or free memory on the node',
    doc: 'a task is killed',
    isOfTask: true,
  },
  {
    reads: '`exec …: exec format error`',
    finds: /\bexec format error\b/,
    advice:
      'the program is for another platform than its node, or a script without `#!` in its first line: build the image for the platform of the nodes',
    doc: 'a program is not found',
    isOfTask: true,
  },
  {
    reads: '`exec …: no such file or directory`',
    finds: /\bexec (?:\S+|user process caused): no such file or directory\b/,
    advice:
      'the program is there, but not what runs it: the interpreter that the first line of a script names (with the line ends of Windows it is another one), or the loader of a program that is made for another libc',
    doc: 'a program is not found',
    isOfTask: true,
  },
  {
    reads: '`exec …: argument list too long`',
    finds: /\bargument list too long\b/,
    advice:
      'Linux starts no program with a variable of more than 128 KiB, or with too many of them: give what is large to the service as a config or secret, which is a file there',
    doc: 'a program is not found',
    isOfTask: true,
  },
  {
    reads: '`exec: "…": permission denied`',
    finds: /\bexec(?:: "[^"]*"| \S+| user process caused): permission denied\b/,
    advice:
      'the program is there, but may not be run: make it executable in the image (`chmod +x`, `COPY --chmod=755`), also for the user of the service',
    doc: 'a program is not found',
    isOfTask: true,
  },
  {
    reads: '`exit code 126` or `127`, `executable file not found`',
    finds: /\bexit code 12[67]\b|\bexecutable file not found\b|\bno such file or directory\b/,
    advice: 'the container has no such program: look at `command`, at the entrypoint, and at the platform of the image',
    doc: 'a program is not found',
    isOfTask: true,
  },
  {
    reads: '`host-mode port already in use`',
    finds: /\bport (?:is )?already in use\b|\baddress already in use\b/i,
    advice: 'something on the node has the port: use another one, or `stop-first` for a port in host mode',
    doc: 'a port is taken',
    isOfTask: true,
  },
  {
    reads: '`invalid mount config`, `bind source path does not exist`',
    finds: /\binvalid mount config\b|\bbind source path does not exist\b/,
    advice: 'make the path on every node that may run the task, or use a volume',
    doc: 'a mount is not there',
    isOfTask: true,
  },
  {
    reads: '`Range of CPUs is from 0.01 to …`',
    finds: /\brange of CPUs is from\b/i,
    advice:
      'its limit of CPUs is more than that node has: lower it, or keep the service on larger nodes with a constraint',
    doc: 'a container does not start',
    isOfTask: true,
  },
  {
    reads: '`assigned node no longer meets constraints`',
    finds: /\bassigned node no longer meets constraints\b/,
    advice:
      'the labels, the role or the availability of its node were changed meanwhile: deploy again when a node has what the constraints ask for (`docker node inspect`)',
    doc: 'no node can take a task',
    isOfTask: true,
  },
  {
    reads: '`the swarm has no address for its task`, `ip addresses may be exhausted`',
    finds: /\bhas no address for its task\b|\bip addresses may be exhausted\b/,
    advice:
      'the subnet of the network that the cause names is full: give it a larger one, for which it has to be made anew, or have fewer tasks on it',
    doc: 'a network has no addresses',
    isOfTask: true,
  },
  {
    reads: '`no node can take it`',
    finds: /\bno node can take it\b|\bno suitable node\b|\bno node of the swarm is ready\b/,
    advice:
      'compare its constraints, platform, ports and reservations with what the nodes have (`docker node ls`, `docker node inspect`)',
    doc: 'no node can take a task',
  },
  {
    reads: '`the swarm has not allocated the networks`',
    finds: /\bnot allocated (?:its|the) networks\b|\bhas not been allocated\b/,
    advice: 'the cause names the network: give it another subnet, or remove the one that has it',
    doc: 'a network has no addresses',
  },
  {
    reads: '`update out of sequence`, `someone else changed it`',
    finds: /\bupdate out of sequence\b|\bsomeone else (?:removed|changed|deployed)\b/,
    advice: "somebody else's deploy won: keep them apart with `concurrency` or `lock: true`",
    doc: 'somebody else deploys',
  },
  {
    reads: '`the run was stopped`',
    finds: /\bthe run was stopped\b|\bStopped by SIG/,
    advice: 'run it again: what is as asked by then is left alone',
    doc: 'the run was stopped',
  },
  {
    reads: 'a password is "empty"',
    finds: /\bpassword\b[^:]*\bis "?empty\b/,
    advice: 'the secret is not set, or not available to workflows of a fork',
    doc: 'a secret is empty',
  },
  {
    reads: '`DOCKER_AUTH_CONFIG is set and not used`',
    finds: /\bDOCKER_AUTH_CONFIG is set\b/,
    advice:
      "it would override every service's credential: write `docker-config: env:DOCKER_AUTH_CONFIG`, or give its accounts as `registries`",
    doc: 'a registry says no',
  },
  {
    reads: '`No such container`',
    finds: /\bNo such container\b/,
    advice:
      'docker on the node has lost the container: it was started anew meanwhile, or somebody has removed the container: deploy again',
    doc: 'a container does not start',
    isOfTask: true,
  },
  {
    reads: '`starting container failed`',
    finds: /\bstarting container failed\b|\bOCI runtime create failed\b/,
    advice:
      'docker could not start the container, so its program never ran: the end of the cause says why; deploy again where that passes, such as a device that is busy',
    doc: 'a container does not start',
    isOfTask: true,
  },
  {
    reads: '`ended with exit code 0`',
    finds: /\bended with exit code 0\b/,
    advice:
      'its own program came to its end, as a shell or a daemon in the background does, or took with that code that Swarm stopped it as unhealthy: what is to run on stays in the foreground, and its health check passes (`docker inspect` on its node)',
    doc: 'a program ends',
    isOfTask: true,
  },
  {
    reads: '`failed with exit code …`',
    finds: /\b(?:failed|ended)(?: \d+ times in a row, the last one (?:failed|ended))? with exit code\b/,
    advice: 'its own program ended: mend what its last lines name, or run the image by hand to see more (`docker run`)',
    doc: 'a program ends',
    isOfTask: true,
  },
  // What its tasks did meanwhile says more.
  {
    reads: '`not settled within …`',
    finds:
      /\bnot (?:settled|sent) within\b|\bhave not ended within\b|\bhas not settled within\b|\bthe time of this run\b/,
    advice: 'the cause says what it waited for: mend that, or give the run a longer `timeout`',
    doc: 'it takes too long',
  },
]

/** What to do about a service that did not come up, if there is a rule for it. */
export function remedyOf({ cause = '', failedTask }: ServiceResult): Remedy | undefined {
  const notBegun = failedTask?.logs.find((line) => NOT_BEGUN.test(line)) ?? ''
  return remedyFor([cause, failedTask?.ending ?? '', notBegun].join('\n'))
}

/** What runc prints in the container when the program cannot begin; the exit code is 1 or 255 (runc, libcontainer/standard_init_linux.go). */
const NOT_BEGUN =
  /^(?:standard_init_linux\.go:\d+: )?exec (?:\S+|user process caused): (?:exec format error|no such file or directory|permission denied|argument list too long)$/

/** The same for any text that says what became of a service. */
export function remedyFor(text: string): Remedy | undefined {
  return REMEDIES.find(({ finds }) => finds.test(text))
}

/** What to do about a problem that ended a run before it had sent anything, if there is a rule for it. */
export function remedyBefore(problem: string): Remedy | undefined {
  return REMEDIES.find(({ finds, isOfTask }) => isOfTask !== true && finds.test(problem))
}
