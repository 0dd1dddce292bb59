/** Variables by which the docker CLI itself is ruled: they cannot be handed to it for the service alone. */
const RULES_DOCKER =
  /^(DOCKER_.*|HOME|USERPROFILE|PATH|TMPDIR|TEMP|TMP|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|GO[A-Z]+|OTEL_.*)$/i

/** Whether the docker CLI would obey a variable of this name itself, or the Go program that it is. */
export function rulesDocker(name: string): boolean {
  return RULES_DOCKER.test(name)
}

/** The variables of a service that docker would obey itself: they are put into the spec that it makes. */
export function variablesRulingDocker(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => rulesDocker(name)))
}
