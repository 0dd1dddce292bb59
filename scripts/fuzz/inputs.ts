import { UserErrors } from '../../src/errors.ts'
import { modeAsked } from '../../src/inputs/read.ts'
import { MODES } from '../../src/modes/table.ts'
import { mutated, pick, randomFrom } from './mutate.ts'

/** In every set of inputs below it is the password. */
const SECRET = 'c4nary/s3cret+value'
/** Long enough to be no accident. */
const PIECES = [SECRET, 'c4nary', 's3cret+value', Buffer.from(SECRET).toString('base64').replace(/=+$/, '')]

const PIN = `SHA256:${'b'.repeat(43)}`
const REGISTRIES = `- registry: ghcr.io/acme
  username: bot
  password: "${SECRET}"
  config: acme
- {registry: docker.io, username: hub, password-env: HUB_TOKEN}
`
const COLUMNS = `acme ghcr.io/acme bot ${SECRET}\nhub docker.io hub ${SECRET}\n`
const SERVICES = `- name: web
  image: ghcr.io/acme/web:1.2
  replicas: 2
  env: {LOG_LEVEL: debug, URL: "https://x.example/?a=b"}
  create: true
  create-args:
    - --label traefik.http.routers.web.rule=Host(\`a.example\`)
    - --mount type=volume,source=data,target=/data
  update-args: ["--update-order=start-first"]
  update-config: {parallelism: 2, delay: 10s}
  rollback-config:
    max_failure_ratio: 0.25
- worker: acme/worker
`
const ATTACHMENTS = `- name: web
  secrets:
    - {name: db, content: "${SECRET}", target: /run/db, mode: "0440", uid: 70, labels: {team: web}}
    - {source: hub, environment: HUB_TOKEN}
    - {name: key, file: key.txt, template-driver: golang}
    - plain
  configs: {app: {content: "a: b", target: /etc/app}, other: }
  networks: [{name: back, create: true, encrypted: true, driver-opts: {mtu: "1400"}, subnet: 10.20.0.0/24, aliases: [api]}, front]
  credential-spec: {file: spec.json}
  update-args: --secret-add source=a,target=b
`
const DOCKER_CONFIG = JSON.stringify(
  { auths: { 'ghcr.io': { auth: Buffer.from(`bot:${SECRET}`).toString('base64') } }, credsStore: 'pass' },
  null,
  2,
)
const COMPOSE = `version: "3.8"
x-common: &common
  logging: {driver: json-file, options: {max-size: "10m"}}
services:
  web:
    <<: *common
    image: "nginx:\${TAG:-1}"
    environment: [A=1, "B=\${B:?say what B is}"]
    env_file: [web.env, {path: ./none.env, required: false, format: raw}]
    labels: {a: !!str 0123, b: 0x1F, c: !!binary aGk=, <<: {d: "\${SET-x}"}}
    command: "serve 'a b' c#d"
    extra_hosts: ["one:10.0.0.1"]
    volumes: ["data:/data:ro", "/a:/b:z"]
    build: {args: {X: "\${NOWHERE}"}}
    restart: on-failure:3
    ports: ["8080:80", "0.0.0.0:81:81/udp", {target: 443, published: "8443", mode: host}]
    secrets: [pw]
    configs: [{source: c, target: /c}]
    credential_spec: {file: ./c.json}
    healthcheck: {test: [CMD, "true"], interval: 1m30s}
    deploy: {replicas: 2, update_config: {order: start-first}}
volumes: {data: }
secrets: {pw: {environment: HUB_TOKEN}}
configs: {c: {content: "x = \${TAG}"}}
`
const ENV_FILE = `# comment\nexport TAG=1.2 # more\nB="two\\nlines \${TAG}"\nC='single $B'\nD=${SECRET}\n`

type Inputs = Readonly<Record<string, string>>

/** Good inputs, from which the bad ones are made; \`files\` are written to the workspace first. */
const SEEDS: readonly { readonly inputs: Inputs; readonly files?: Inputs }[] = [
  { inputs: { mode: 'refresh-auth', registries: REGISTRIES, services: '- web api\n- {name: db, auth-config: acme}' } },
  { inputs: { mode: 'refresh-auth', registries: REGISTRIES, services: 'label=tier=front label=keep' } },
  { inputs: { mode: 'rollback', registries: REGISTRIES, stack: 'shop', to: '#7', prune: 'true' } },
  {
    inputs: {
      mode: 'rollback',
      registries: REGISTRIES,
      services: '- web api\n- {name: db, auth-config: acme, strategy: canary, canary: 50%, prepare: auto}',
      to: 'https://github.com/acme/shop/actions/runs/1234/attempts/2',
    },
  },
  { inputs: { mode: 'login', registries: REGISTRIES, 'pull-secret': '{acme: pull/shop, docker.io: hub}' } },
  { inputs: { mode: 'remove', services: '- web api\n- db', 'if-exists': 'true' } },
  { inputs: { services: SERVICES, registries: REGISTRIES } },
  { inputs: { services: ATTACHMENTS }, files: { 'key.txt': `${SECRET}\n`, 'spec.json': '{}' } },
  {
    inputs: {
      services: 'web: nginx:1\nworker: acme/worker:2',
      registries: COLUMNS,
      strategy: 'canary',
      canary: '25%',
      'update-config': 'order: start-first\nmonitor: 1m30s',
    },
  },
  { inputs: { services: 'web: nginx', registry: 'ghcr.io', username: 'bot', password: SECRET, timeout: '5m' } },
  {
    inputs: {
      services: 'web: nginx',
      host: 'ssh://deploy@one.example:2222\nssh://two.example',
      'ssh-key': SECRET,
      'ssh-known-hosts': `one.example:2222 ${PIN}\ntwo.example ${PIN}`,
      'ssh-jump': 'bot@bastion:22',
    },
  },
  { inputs: { services: 'web: nginx', 'docker-config': DOCKER_CONFIG } },
  {
    inputs: {
      services: 'web: nginx',
      'docker-config': `- team-a: ${Buffer.from(DOCKER_CONFIG).toString('base64')}\n- /root/.docker2: env:DOCKER_LOGIN`,
      'allow-config-directories': '/root/.docker2\n/srv',
    },
  },
  {
    inputs: { services: 'web: nginx', 'docker-config': 'team-a: config.json' },
    files: { 'config.json': DOCKER_CONFIG },
  },
  {
    inputs: { stack: 'shop', 'compose-file': 'compose.yml', 'env-file': 'a.env', prune: 'true' },
    files: { 'compose.yml': COMPOSE, 'a.env': ENV_FILE, 'web.env': `A=1\nQ="${SECRET}"\nHOME\nR= x # y\n` },
  },
]

/** What was wrong with a run: an internal error, an error of several lines, or a piece of the secret. */
export interface Finding {
  readonly run: number
  readonly what: string
  readonly inputs: Inputs
}

/**
 * Reads changed inputs, each run decided by the seed and its number alone.
 *
 * @param write puts a file into the workspace
 */
export function fuzzInputs(
  seed: number,
  from: number,
  to: number,
  workspace: string,
  write: (name: string, content: string) => void,
): Finding[] {
  const findings: Finding[] = []
  for (let run = from; run < to; run++) {
    const random = randomFrom(seed * 1_000_003 + run)
    const chosen = pick(SEEDS, random)
    const names = Object.keys({ ...chosen.inputs, ...chosen.files })
    const target = pick(names, random)
    const change = (name: string, text: string) => (name === target ? mutated(text, random) : text)
    const inputs = mapped(chosen.inputs, change)
    const files = mapped(chosen.files ?? {}, change)
    for (const [name, content] of Object.entries(files)) write(name, content)
    const what = problemWith({
      GITHUB_WORKSPACE: workspace,
      HUB_TOKEN: SECRET,
      DOCKER_LOGIN: DOCKER_CONFIG,
      B: 'b',
      ...asEnvironment(inputs),
    })
    if (what !== undefined) findings.push({ run, what, inputs: { ...inputs, ...files } })
  }
  return findings
}

function problemWith(env: Inputs): string | undefined {
  try {
    MODES[modeAsked(env)].read(env)
    return undefined
  } catch (error) {
    if (!(error instanceof UserErrors)) return `an internal error: ${(error as Error).stack}`
    const text = error.problems.find((line) => /[\p{Cc}\u2028\u2029]/u.test(line))
    if (text !== undefined) return `an error of several lines: ${JSON.stringify(text)}`
    const leak = error.problems.find((line) => PIECES.some((piece) => line.includes(piece)))
    return leak === undefined ? undefined : `a piece of the secret: ${JSON.stringify(leak)}`
  }
}

function asEnvironment(inputs: Inputs): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
}

function mapped(all: Inputs, change: (name: string, text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([name, text]) => [name, change(name, text)]))
}
