import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import type { FieldChange } from '../../../src/docker/specs/spec-difference.ts'
import { Cancelled, CutOff, UserErrors } from '../../../src/errors.ts'
import type { Drift, DriftChange } from '../../../src/plan/drift.ts'
import type { Outlook, ServiceOutlook } from '../../../src/plan/outlook.ts'
import { reportFailure } from '../../../src/report/failure.ts'
import { reportPlan } from '../../../src/report/plan.ts'
import { Secret } from '../../../src/runner/secrets/secret.ts'
import { digest } from '../../support/builders.ts'
import { CODE, HOSTILE, UNSEEN } from '../../support/hostile.ts'
import { GITHUB, printedBy } from '../../support/printed.ts'
import { commandsIn, linesShown, valuesIn } from '../../support/runner-commands.ts'

const directory = scratchDirectory('plan-report-')
afterAll(() => rmSync(directory, { recursive: true }))
const exitCode = process.exitCode
afterEach(() => {
  process.exitCode = exitCode
})

const COMMENT = 65_536

async function report(work: () => Promise<void>, env: Readonly<Record<string, string>> = {}) {
  const files = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_STEP_SUMMARY: join(directory, 'summary') }
  for (const path of Object.values(files)) writeFileSync(path, '')
  process.exitCode = 0
  const printed = await printedBy({ ...GITHUB, ...files, ...env }, work)
  const outputs = Object.fromEntries(valuesIn(readFileSync(files.GITHUB_OUTPUT, 'utf8'))) as Record<string, string>
  const summary = readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8')
  return {
    code: process.exitCode,
    printed,
    outputs,
    summary,
    commands: commandsIn(printed),
    lines: linesShown(printed),
  }
}

const NOTHING = { showValues: false, failOnChanges: false }
const planOf = (outlook: Partial<Outlook>, asked = NOTHING) =>
  report(() =>
    reportPlan({ services: [], objects: [], advice: [], images: [], prunes: [], records: [], ...outlook }, asked),
  )

function change(field: string, key?: string, before?: string, after?: string): FieldChange {
  return { field, key, before, after, part: 'template' }
}

const IMAGE = change('image', undefined, `acme/web:1@${digest('a')}`, `acme/web:2@${digest('b')}`)

function service(overrides: Partial<ServiceOutlook> = {}): ServiceOutlook {
  const { changes = [IMAGE] } = overrides
  return {
    name: 'web',
    action: 'update',
    image: { before: IMAGE.before, after: IMAGE.after },
    reasons: [],
    tasks: { before: 3, after: 3, replaced: 3, perhaps: 0, added: 0, removed: 0, runsAgain: false, because: changes },
    strategy: 'rolling',
    course: undefined,
    account: { config: 'team-a', username: 'bot', registry: 'ghcr.io' },
    stored: undefined,
    drift: undefined,
    note: undefined,
    ...overrides,
    changes,
  }
}

const unchanged = (name: string) =>
  service({
    name,
    action: 'unchanged',
    changes: [],
    tasks: { before: 3, after: 3, replaced: 0, perhaps: 0, added: 0, removed: 0, runsAgain: false, because: [] },
  })

describe('what a plan reports', () => {
  test('says what nodes pull with now, and until when, those first that have ended', async () => {
    const at = Date.UTC(2026, 10, 26, 18, 30)
    const stored = { registry: 'ghcr.io', account: 'bot', storedAt: at, end: undefined, hasEnded: false }
    const ending = { ...stored, account: 'AWS', end: { at: at + 1000, isExact: false } }
    const { outputs, lines } = await planOf({
      services: [
        { ...unchanged('web'), stored },
        { ...unchanged('api'), stored: { ...stored, storedAt: at - 5000 } },
        { ...unchanged('db'), stored: ending },
        { ...unchanged('jobs'), stored: { ...ending, hasEnded: true } },
        { ...unchanged('ci'), stored: { ...stored, account: '', end: { with: 'job' }, hasEnded: true } },
        unchanged('open'),
      ],
    })
    const told = [
      ['jobs', 'account AWS of ghcr.io', 'ended at 2026-11-26 18:30:01 UTC at the latest'],
      ['ci', 'a token for ghcr.io', 'ended with the job that stored it'],
      ['web, api', 'account bot of ghcr.io', ''],
      ['db', 'account AWS of ghcr.io', 'ends at 2026-11-26 18:30:01 UTC at the latest'],
    ]
    expect(lines.filter((line) => line.startsWith('Stored now'))).toEqual(
      told.map(([names, account, ends]) => `Stored now: ${account}${ends && `, which ${ends}`} (${names})`),
    )
    expect(outputs.plan).toContain(
      [
        '### Stored credentials',
        '',
        '- `jobs`: account AWS of ghcr.io, which **ended at 2026-11-26 18:30:01 UTC at the latest**',
        '- `ci`: a token for ghcr.io, which **ended with the job that stored it**',
        '- `web`, `api`: account bot of ghcr.io',
        '- `db`: account AWS of ghcr.io, which ends at 2026-11-26 18:30:01 UTC at the latest',
      ].join('\n'),
    )
    const entries = (JSON.parse(outputs.changes ?? '') as { name: string; stored: unknown }[]).map((one) => one.stored)
    expect(entries.slice(3)).toEqual([
      {
        registry: 'ghcr.io',
        username: 'AWS',
        storedAt: '2026-11-26T18:30:00.000Z',
        expires: '2026-11-26T18:30:01.000Z',
        hasEnded: true,
      },
      { registry: 'ghcr.io', username: '', storedAt: '2026-11-26T18:30:00.000Z', expires: 'job', hasEnded: true },
      null,
    ])
  })

  test('shows labels of somebody else as text, on one line', async () => {
    const stored = {
      registry: 'x\n::error::y',
      account: '[a](https://b) @team <img>',
      storedAt: 0,
      end: undefined,
      hasEnded: false,
    }
    const { outputs, lines } = await planOf({ services: [{ ...unchanged('web'), stored }] })
    expect(lines.filter((line) => line.includes('::error::'))).toEqual([expect.stringMatching(/^Stored now: account/)])
    const [line] = (outputs.plan ?? '').split('\n').filter((one) => one.includes('account'))
    expect(line).toContain('`')
    expect(line).not.toMatch(/(?<!\\)\[a\](?!`)|<img>(?!`)/)
  })

  test('says of each service what changes, what restarts because of what, and which account is stored', async () => {
    const env = change('env', 'LOG_LEVEL', 'info', 'debug')
    const { outputs, summary, lines, code } = await planOf({
      services: [service({ changes: [IMAGE, env] }), unchanged('db')],
      objects: [{ kind: 'secret', name: 'shop_key-0a', action: 'create', changes: [] }],
      advice: ['web: no health check'],
    })
    expect(code).toBe(0)
    expect(outputs.status).toBe('planned')
    expect(outputs.services).toBe('[]')
    expect(outputs.plan).toContain('## Swarm plan: 1 to update, 1 unchanged')
    expect(outputs.plan).toContain('**3 tasks would be replaced**')
    expect(outputs.plan).toContain(
      '| `web` | 🟡 update | all 3 tasks are replaced | `image`, `env LOG_LEVEL` | `bot` (`team-a`) |',
    )
    expect(outputs.plan).toContain('| image | `acme/web:1@aaaaaaaaaaaa` | `acme/web:2@bbbbbbbbbbbb` | 🔄 |')
    expect(outputs.plan).toContain('| env `LOG_LEVEL` | `(hidden)` | `(another)` | 🔄 |')
    expect(outputs.plan).toContain('- secret `shop_key-0a` is created')
    expect(outputs.plan).toContain('Unchanged: `db`')
    expect(summary.trim()).toBe(outputs.plan)
    expect(lines).toContain('web: update, all 3 tasks are replaced (image, env LOG_LEVEL)')
    expect(lines).toContain('    image: acme/web:1@aaaaaaaaaaaa → acme/web:2@bbbbbbbbbbbb')
    expect(lines).toContain('    env LOG_LEVEL: (hidden) → (another)')
    expect(JSON.parse(outputs.changes ?? '')).toEqual([
      {
        kind: 'service',
        name: 'web',
        action: 'update',
        image: { before: IMAGE.before, after: IMAGE.after },
        strategy: 'rolling',
        course: null,
        account: { config: 'team-a', username: 'bot', registry: 'ghcr.io' },
        stored: null,
        tasks: { before: 3, after: 3, replaced: 3, perhaps: 0, added: 0, removed: 0, runsAgain: false },
        because: ['image', 'env LOG_LEVEL'],
        reasons: [],
        changes: [
          { field: 'image', key: null, before: IMAGE.before, after: IMAGE.after, restarts: true },
          { field: 'env', key: 'LOG_LEVEL', before: '(hidden)', after: '(hidden)', restarts: true },
        ],
        drift: null,
        note: null,
      },
      { kind: 'secret', name: 'shop_key-0a', action: 'create', changes: [] },
      expect.objectContaining({ name: 'db', action: 'unchanged', changes: [] }),
    ])
  })

  test('begins with what people look for, and has no column that says nothing', async () => {
    const label = change('label', 'a', '1', '2')
    const scaled = change('replicas', undefined, '7', '2')
    const env = change('env', 'A', '1', '2')
    const tasks = { ...service().tasks, before: 7, after: 2, replaced: 0, removed: 5, because: [env] }
    const services = [service({ changes: [label, env, scaled, IMAGE], account: undefined, tasks })]
    const objects = ['secret', 'network', 'secret'].map((kind, index) => {
      return { kind: kind as 'secret', name: `o${index}`, action: 'create' as const, changes: [] }
    })
    const advice = ['web: no health check: add `healthcheck` to it, or `a|b` or `` c`']
    const { outputs, lines } = await planOf({ services, objects, advice })
    const fields = lines.filter((line) => /^ {4}\w/.test(line)).map((line) => line.trim().replace(/:.*/, ''))
    expect(fields).toEqual(['image', 'replicas', 'env A', 'label a'])
    expect([...(outputs.plan ?? '').matchAll(/^\| (image|replicas|env|label) /gm)].map(([, field]) => field)).toEqual([
      'image',
      'replicas',
      'env',
      'label',
    ])
    expect(outputs.plan).toContain('| `web` | 🟡 update | 5 tasks end | `env A` |\n')
    expect(outputs.plan).toContain('; 2 secrets and 1 network change. ')
    expect(outputs.plan).toContain('- web: no health check: add `healthcheck` to it, or `a|b` or \\`\\` c\\`')
  })

  test('is unchanged, and green, where nothing differs', async () => {
    const { outputs, code } = await planOf({ services: [unchanged('web')] }, { ...NOTHING, failOnChanges: true })
    expect([code, outputs.status]).toEqual([0, 'unchanged'])
    expect(outputs.plan).toContain('nothing to do')
  })

  test('does not blame a label for tasks that an earlier update has not come to', async () => {
    const tasks = { ...service().tasks, replaced: 2, because: [] }
    const { lines } = await planOf({ services: [service({ changes: [change('label', 'tier', 'a', 'b')], tasks })] })
    expect(lines).toContain('web: update, 2 of 3 tasks are replaced (an earlier update that has not ended)')
  })

  test('says of an unchanged service that it is not there yet', async () => {
    const note = 'an earlier update of it is still in progress'
    const { outputs } = await planOf({ services: [{ ...unchanged('web'), note }, unchanged('db')] })
    expect(outputs.plan).toContain(`### Not there yet\n\n- \`web\`: ${note}`)
    const notes = (JSON.parse(outputs.changes ?? '') as { note: string | null }[]).map((entry) => entry.note)
    expect(notes).toEqual([note, null])
  })

  test('is planned, and red, where only a secret is to go', async () => {
    const objects = [{ kind: 'secret' as const, name: 'shop_key-0a', action: 'remove' as const, changes: [] }]
    const asked = { ...NOTHING, failOnChanges: true }
    const { outputs, code, commands, lines } = await planOf({ services: [unchanged('web')], objects }, asked)
    expect([code, outputs.status]).toEqual([1, 'planned'])
    expect(outputs.plan).toContain('## Swarm plan: 1 unchanged; 1 secret changes\n')
    expect(commands.filter(({ name }) => name === 'error').map(({ data }) => data)).toEqual([
      expect.stringContaining('the swarm is not as asked: secret shop_key-0a (remove)'),
    ])
    expect(lines).toContain('planned: 1 unchanged; 1 secret changes; no task would restart. Nothing was changed')
  })

  test('tells what a service that goes gives to others first', async () => {
    const leaving = { action: 'remove' as const, strategy: undefined, changes: [], account: undefined }
    const course = 'gives 80/tcp to shop_web first, and is removed last'
    const { outputs, lines } = await planOf({ services: [service({ ...leaving, name: 'shop_old', course })] })
    expect(outputs.plan).toContain(`<summary><code>shop_old</code>: remove, `)
    expect(outputs.plan).toContain('</summary>\n\ngives 80/tcp to shop\\_web first, and is removed last\n\n</details>')
    expect(lines).toContain(`    ${course}`)
    const gone = await planOf({ services: [service({ ...leaving, course: undefined })] })
    expect(gone.outputs.plan).not.toContain('<details')
  })

  test('says of all tasks together that they may be replaced for another credential', async () => {
    const tasks = { ...service().tasks, replaced: 0, perhaps: 3, because: [] }
    const { outputs } = await planOf({ services: [service({ tasks })] })
    expect(outputs.plan).toContain('**3 tasks would be replaced if the credential is a new one**')
  })

  test('is red where a difference is to be, and names what differs', async () => {
    const services = Array.from({ length: 12 }, (_, index) => service({ name: `web-${index}` }))
    const { code, commands } = await planOf({ services }, { ...NOTHING, failOnChanges: true })
    expect(code).toBe(1)
    expect(commands.filter(({ name }) => name === 'error').map(({ data }) => data)).toEqual([
      expect.stringMatching(/^fail-on-changes: the swarm is not as asked: web-0 \(update\), .* and 2 more\./),
    ])
  })

  test('of a plan that failed, why', async () => {
    const error = new UserErrors(['service web: no such image', 'service api: no such image'])
    const { outputs, summary, code } = await report(() => reportFailure(error, 'plan'))
    expect([code, outputs.status, outputs.changes]).toEqual([1, 'failed', '[]'])
    expect(outputs.plan).toContain('service web: no such image')
    expect(outputs.plan).toBe(summary.trim())
    const cut = await report(() => reportFailure(new CutOff(new Cancelled('SIGTERM')), 'plan'))
    expect(cut.commands.map(({ data }) => data)).toEqual(['Stopped by SIGTERM. Nothing was changed.'])
    expect(cut.outputs.plan).not.toContain('not known')
    const bug = await report(() => reportFailure(new Error('x'), 'plan'))
    expect(bug.outputs.plan).toContain('Nothing was changed')
  })
})

describe('what somebody has changed since the last deploy', () => {
  const drift = (how: Drift['how'], ...changes: DriftChange[]): Drift => ({ how, changes })
  const scaled: DriftChange = { ...change('replicas', undefined, '2', '5'), deploy: 'goes-back' }
  const variable: DriftChange = { ...change('env', 'TOKEN', undefined, 'do-not-tell'), deploy: 'stays' }

  test('is told of services that change and of those that stay, each in its own words, and is not red by itself', async () => {
    const services = [
      service({ drift: drift('changed', scaled) }),
      { ...unchanged('db'), drift: drift('changed', variable, { ...scaled, deploy: 'changes' }) },
      { ...unchanged('old'), drift: drift('rolled-back', { ...IMAGE, deploy: 'stays' }) },
      { ...unchanged('twice'), drift: drift('restored') },
      unchanged('calm'),
    ]
    const { outputs, lines, code, printed } = await planOf({ services })
    expect(outputs.plan).toContain('**4 services are not as the last deploy left them**: see below.')
    expect(outputs.plan?.split('\n').filter((line) => /goes back|stays|gets|not known/.test(line))).toEqual([
      '| `web` | replicas | `2` | `5` | goes back |',
      '| `db` | env `TOKEN` | – | `(hidden)` | stays |',
      '| `db` | replicas | `2` | `5` | gets another value |',
      '| `old`, rolled back | image | `acme/web:1@aaaaaaaaaaaa` | `acme/web:2@bbbbbbbbbbbb` | stays |',
      '| `twice` | not known: changed, and rolled back | | | |',
    ])
    for (const line of [
      '    it was scaled since the last deploy, by hand or by an autoscaler',
      '        replicas: 2 → 5 (goes back)',
      'db: unchanged',
      '    it was changed by somebody else since the last deploy',
      '        env TOKEN: – → (hidden) (stays)',
      'Unchanged: calm',
    ]) {
      expect(lines).toContain(line)
    }
    expect(printed + JSON.stringify(outputs)).not.toContain('do-not-tell')
    const said = JSON.parse(outputs.changes ?? '') as { name: string; drift: unknown }[]
    expect(said.find(({ name }) => name === 'web')?.drift).toEqual({
      how: 'changed',
      changes: [{ field: 'replicas', key: null, before: '2', after: '5', deploy: 'goes-back' }],
    })
    expect(said.find(({ name }) => name === 'calm')?.drift).toBeNull()
    expect(code).toBe(0)
    const stays = await planOf({ services: services.slice(1) }, { ...NOTHING, failOnChanges: true })
    expect([stays.code, stays.outputs.status]).toEqual([0, 'unchanged'])
    expect(stays.lines).toContain('unchanged: all is as asked; 3 services are not as the last deploy left them')
  })

  test('has room in a comment, however much it is', async () => {
    const many = Array.from({ length: 300 }, (_, index): DriftChange => {
      return { ...change('label', `l${index}`, 'x'.repeat(400), 'y'.repeat(400)), deploy: 'stays' }
    })
    const services = Array.from({ length: 60 }, (_, index) =>
      service({ name: `s${index}`, drift: drift('changed', ...many) }),
    )
    const { outputs } = await planOf({ services })
    expect(Buffer.byteLength(outputs.plan ?? '')).toBeLessThan(COMMENT - 1000)
    expect(outputs.plan).toMatch(/There is no room here for \d+ more fields/)
    expect(outputs.changes?.length).toBeLessThanOrEqual(400_000)
  })
})

describe('values', () => {
  const changes = [
    change('env', 'PLAIN', undefined, 'value-of-env'),
    change('label', 'traefik.basicauth.users', undefined, 'value-of-label'),
    change('logging option', 'splunk-token', undefined, 'value-of-option'),
    change('command', undefined, undefined, 'serve --db-password value-of-flag --token=value-of-token'),
    change('mount', '/data', undefined, 'volume data, VolumeOptions {"o":"username=a,password=value-of-mount"}'),
    change('label', 'url', undefined, 'postgres://user:value-of-url@db/x'),
  ]
  const VALUE = /value-of-\w+/

  test('that may be secrets are hidden', async () => {
    const { printed, outputs } = await planOf({ services: [service({ changes })] })
    expect(printed + JSON.stringify(outputs)).not.toMatch(VALUE)
    expect(outputs.plan).toContain('`postgres://***@db/x`')
  })

  test('of labels of Traefik are shown, whatever a router or service is called', async () => {
    const ordinary = ['http.routers.auth.rule', 'http.services.token.loadbalancer.sticky.cookie']
    const secret = ['http.middlewares.web.basicauth.users', 'http.middlewares.auth.basicauth.users']
    const changes = [...ordinary, ...secret].map((key) =>
      change('label', `traefik.${key}`, undefined, `value-of-${key}`),
    )
    const { outputs } = await planOf({ services: [service({ changes })] })
    expect(JSON.parse(outputs.changes ?? '')[0].changes.map(({ after }: FieldChange) => after)).toEqual([
      ...ordinary.map((key) => `value-of-${key}`),
      '(hidden)',
      '(hidden)',
    ])
  })

  test('are shown where that was asked for, but never what is known for a secret', async () => {
    void new Secret('value-of-flag')
    const { printed, outputs } = await planOf({ services: [service({ changes })] }, { ...NOTHING, showValues: true })
    for (const text of [printed, outputs.plan ?? '', outputs.changes ?? '']) {
      expect(text).toContain('value-of-env')
      expect(text).toContain('value-of-mount')
      expect(text.replaceAll('::add-mask::value-of-flag', '')).not.toContain('value-of-flag')
    }
  })
})

describe('two values', () => {
  const cellsOf = async (field: string, before: string, after: string, showValues: boolean) => {
    const key = field === 'label' ? 'k' : undefined
    const { outputs, lines } = await planOf(
      { services: [service({ changes: [change(field, key, before, after)] })] },
      { ...NOTHING, showValues },
    )
    const [, ...cells] = /^\| (?:label `k`|command) \| (.*) \| (.*) \| 🔄 \|$/m.exec(outputs.plan ?? '') ?? []
    const [{ changes }] = JSON.parse(outputs.changes ?? '')
    return { cells, line: lines.find((line) => line.startsWith(`    ${field}`)), changes }
  }

  test.each<[string, string, string, string]>([
    ['a', 'a\n', '"a"', '"a\\n"'],
    ['a b', ' a  b', '"a b"', '" a  b"'],
    ['a', 'a\u200c', '"a"', '"a\\u{200c}"'],
    ['a b', 'a\u00a0b', '"a b"', '"a\\u{a0}b"'],
    ['', ' ', '""', '" "'],
  ])('that look the same are told apart: %j and %j', async (before, after, was, is) => {
    const { cells, line, changes } = await cellsOf('label', before, after, false)
    expect(cells).toEqual([`\`${was}\``, `\`${is}\``])
    expect(line).toBe(`    label k: ${was} → ${is}`)
    expect(changes).toMatchObject([{ before: was, after: is }])
  })

  test('that are long show where they differ', async () => {
    const long = 'word '.repeat(1000)
    const { cells, line } = await cellsOf('command', `${long}old`, `${long}new`, true)
    expect(cells).toEqual([expect.stringMatching(/ old`$/), expect.stringMatching(/ new`$/)])
    expect(line).toMatch(/ old → .* new$/)
  })

  test('one of which had a secret in halves do not show them', async () => {
    void new Secret('the-db-password')
    const { cells } = await cellsOf('label', 'the-db-\u001b[1mpassword ', 'the-db-password', true)
    expect(cells).toEqual(['`***`', '`***`'])
  })
})

test('of a newer daemon fields that sound like secrets, and lists of variables, are hidden', async () => {
  const changes = [
    change('container.New.Password', undefined, undefined, 'value-of-it'),
    change('TaskTemplate.PluginSpec.Env', undefined, undefined, '["A=value-of-it"]'),
    change('container.New', undefined, undefined, '{"Token":"value-of-it"}'),
  ]
  const { printed, outputs } = await planOf({ services: [service({ changes })] })
  expect(printed + JSON.stringify(outputs)).not.toContain('value-of-it')
})

test('an image, a constraint and a name of a secret are no secrets, whatever they are called', async () => {
  const changes = [
    change('image', undefined, 'acme/auth:1', 'acme/token:2'),
    change('constraints', undefined, 'node.labels.token==a', 'node.labels.token==b'),
    change('secret', 'password', 'db_password-1', 'db_password-2'),
  ]
  const { lines } = await planOf({ services: [service({ changes })] })
  expect(lines).toEqual(
    expect.arrayContaining([
      '    image: acme/auth:1 → acme/token:2',
      '    constraints: node.labels.token==a → node.labels.token==b',
      '    secret password: db_password-1 → db_password-2',
    ]),
  )
})

test('a value with backticks stays what it is, and advice leads to its page by a link of its own', async () => {
  const value = (after: string) => change('label', 'rule', '-', after)
  const changes = [value('Host(`a.test`)'), value('`a`'), value('a``b'), value('`')]
  const url = 'https://github.com/acme/swarm-deploy/blob/v1/docs/advice.md#no-health-check'
  const advice = [
    `web: it has no health check. More: ${url}`,
    'web: see https://example.com. More: https://example.com',
  ]
  const env = {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_ACTION_REPOSITORY: 'acme/swarm-deploy',
    GITHUB_ACTION_REF: 'v1',
  }
  const { outputs } = await report(
    () =>
      reportPlan(
        { services: [service({ changes })], objects: [], advice, images: [], prunes: [], records: [] },
        NOTHING,
      ),
    env,
  )
  const cells = [...(outputs.plan ?? '').matchAll(/^\| label `rule` \| `-` \| (.*) \| 🔄 \|$/gm)].map(
    ([, cell]) => cell,
  )
  expect(cells).toEqual(['``Host(`a.test`)``', '`` `a` ``', '```a``b```', '`` ` ``'])
  expect(outputs.plan).toContain(`- web: it has no health check. [More](${url})`)
  expect(outputs.plan).toContain('- web: see `https://example.com`. More: `https://example.com`')
})

test('a field whose path has a key of somebody else stays in its cell', async () => {
  const changes = [change('container.New.a|b@c', undefined, '1', '2')]
  const { outputs } = await planOf({ services: [service({ changes })] })
  expect(outputs.plan).toContain('\n| `container.New.a\\|b@c` | `1` | `2` | 🔄 |\n')
})

describe('sizes', () => {
  test('unchanged services give way to what changes', async () => {
    const services = Array.from({ length: 2000 }, (_, n) => unchanged(`service-${n}`))
    const objects = [{ kind: 'secret' as const, name: 'shop_key-0a', action: 'remove' as const, changes: [] }]
    const { outputs } = await planOf({ services, objects })
    const entries = JSON.parse(outputs.changes ?? '') as { kind: string }[]
    expect(entries.length).toBeLessThan(2001)
    expect(entries.map(({ kind }) => kind)).toContain('secret')
  })

  const changesOf = (count: number) =>
    Array.from({ length: count }, (_, index) => change('env', `V${index}`, 'x'.repeat(400), 'y'.repeat(400)))

  test.each([
    [1, 300],
    [12, 60],
    [60, 60],
    [1000, 2],
  ])('%d services of %d changes have room in a comment, and words on what has not', async (count, size) => {
    const changes = changesOf(size)
    const services = Array.from({ length: count }, (_, index) => service({ name: `service-${index}`, changes }))
    const { outputs, printed } = await planOf(
      { services, advice: Array.from({ length: 500 }, () => 'a'.repeat(300)) },
      { ...NOTHING, showValues: true },
    )
    expect(Buffer.byteLength(outputs.plan ?? '')).toBeLessThan(COMMENT - 1000)
    expect(outputs.changes?.length).toBeLessThanOrEqual(400_000)
    expect(JSON.parse(outputs.changes ?? '').length).toBeGreaterThan(0)
    expect(outputs.plan).toContain('There is no room here for')
    expect((outputs.plan?.match(/<details/g) ?? []).length).toBe(outputs.plan?.match(/<\/details>/g)?.length)
    expect(printed).toContain('service-0: update')
  })
})

test.each(HOSTILE.map((text) => [JSON.stringify(text), text]))('%s stays in its place everywhere', async (_, text) => {
  const changes = [change('label', text, text, text), change(text, undefined, text, undefined)]
  const drifted = changes.map((one): DriftChange => ({ ...one, deploy: 'stays' }))
  const { commands, outputs } = await planOf(
    {
      services: [service({ changes, course: text, drift: { how: 'changed', changes: drifted } })],
      objects: [{ kind: 'config', name: 'c', action: 'update', changes }],
      advice: [text],
    },
    { ...NOTHING, showValues: true },
  )
  expect(commands.map(({ name }) => name).filter((name) => !['group', 'endgroup', 'notice'].includes(name))).toEqual([])
  expect(Object.keys(outputs).toSorted()).toEqual(['changes', 'images', 'plan', 'services', 'status'])
  const plan = outputs.plan ?? ''
  expect(plan.replaceAll('\n', '')).not.toMatch(UNSEEN)
  const bare = plan.replace(/\\[\\`*_{}[\]<>|#~]/g, '').replace(new RegExp(CODE, 'g'), '')
  expect(bare).not.toMatch(/<(?!\/?(?:details|summary|code)\b)|https?:\/\/|@octocat|\]\(/)
  expect(plan.match(/^#/gm)).toHaveLength(4)
  expect(plan.match(/<details/g)).toHaveLength(1)
  JSON.parse(outputs.changes ?? '')
})
