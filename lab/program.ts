/** A health check as an image carries it. */
export interface Healthcheck {
  /** A line for the shell; exit code 0 means healthy. */
  readonly command: string
  readonly intervalMs?: number
  readonly timeoutMs?: number
  readonly startPeriodMs?: number
  readonly retries?: number
}

/** What an image does, to be spread into the options of `lab.image`. */
export interface Program {
  readonly command: readonly string[]
  readonly healthcheck?: Healthcheck
  readonly exposes?: readonly number[]
  /** Whether it reads the file `/content`. */
  readonly hasContentFile?: boolean
}

// A shell that is process 1 ignores SIGTERM unless it traps it, and runs no trap before its foreground child has ended.
const RUN = 'trap "exit 0" TERM INT; sleep 2147483 & wait'

/** Runs until it is stopped, and stops at once. */
export function runs(): Program {
  return shell(RUN)
}

/** Ends at once with an exit code, after a line on standard error. Code 0 makes a job that succeeds. */
export function exits(code: number, line = `giving up with code ${code}`): Program {
  return shell(`echo ${quoted(line)} >&2; exit ${code}`)
}

/** Runs for a while, then ends with code 1 and a line on standard error. */
export function crashesAfter(seconds: number, line = 'crashed'): Program {
  return shell(`trap "exit 0" TERM; sleep ${seconds} & wait $!; echo ${quoted(line)} >&2; exit 1`)
}

/** Runs until it gets a SIGUSR1, then ends with code 1 and a line on standard error. */
export function crashesWhenTold(line = 'crashed'): Program {
  return shell(`trap "exit 0" TERM; trap "echo ${quoted(line)} >&2; exit 1" USR1; sleep 2147483 & wait`)
}

/** Runs, and its health check passes. */
export function healthy(): Program {
  return { ...runs(), healthcheck: { command: 'true' } }
}

/** Runs, and its health check passes only after some seconds. */
export function healthyAfter(seconds: number): Program {
  const startPeriodMs = (seconds + 30) * 1000
  return {
    ...shell(`(sleep ${seconds}; touch /healthy) & ${RUN}`),
    healthcheck: { command: 'test -e /healthy', startPeriodMs },
  }
}

/** Runs, and its health check fails. Swarm calls its task failed, or complete if it answers SIGTERM with code 0. */
export function unhealthy(stopCode = 143): Program {
  return {
    ...shell(`trap "exit ${stopCode}" TERM; sleep 2147483 & wait`),
    healthcheck: { command: 'echo not healthy; exit 1', retries: 2 },
  }
}

/** Serves its file `/content` over HTTP, with a health check that asks for it. */
export function serves(port = 8080): Program {
  return {
    ...shell(`trap "exit 0" TERM INT; httpd -f -p ${port} -h / & wait`),
    exposes: [port],
    hasContentFile: true,
    healthcheck: { command: `wget -q -O /dev/null http://127.0.0.1:${port}/content` },
  }
}

/** Runs, and does not care about SIGTERM. */
export function ignoresStop(): Program {
  return shell('trap "" TERM; while :; do sleep 1; done')
}

function shell(line: string): Program {
  return { command: ['/bin/sh', '-c', line] }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
