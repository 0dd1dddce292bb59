import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { attachedByFlags } from '../../../../src/inputs/attachments/flags.ts'
import type { AttachmentsRequest } from '../../../../src/inputs/attachments/request.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'
import { problemsIn } from '../../../support/inputs.ts'

// On a runner the secrets of these tests would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const workspace = scratchDirectory('attachments-')
afterAll(() => rmSync(workspace, { recursive: true }))
writeFileSync(join(workspace, 'pass.txt'), 'of-a-file-7Qx\n')
writeFileSync(join(workspace, 'empty.txt'), '')
writeFileSync(join(workspace, 'large.txt'), 'x'.repeat(500 * 1024))

const ENV = { TOKEN: 'of-a-variable-7Qx', EMPTY: '' }

function read(entries: string) {
  return readInputs({ GITHUB_WORKSPACE: workspace, ...ENV, INPUT_SERVICES: entries }, STRATEGY_INPUTS).services
}

/** What one entry with these lines attaches. */
function attached(lines: string): AttachmentsRequest | undefined {
  return read(`- name: web\n  ${lines.replaceAll('\n', '\n  ')}`)[0]?.attachments
}

function problems(lines: string): readonly string[] {
  return problemsIn(() => read(lines.startsWith('-') ? lines : `- name: web\n  ${lines.replaceAll('\n', '\n  ')}`))
}

const FILE = { UID: '0', GID: '0', Mode: 0o444 }
const contentOf = (request: AttachmentsRequest | undefined) =>
  [...(request?.secrets ?? []), ...(request?.configs ?? [])].map(({ content }) => content?.bytes.toString())

describe('what is accepted', () => {
  test('names of what the swarm has', () => {
    expect(attached('secrets: [db]\nconfigs: [app.conf]')).toEqual({
      secrets: [{ kind: 'secret', name: 'db', file: { Name: 'db', ...FILE } }],
      configs: [{ kind: 'config', name: 'app.conf', file: { Name: 'app.conf', ...FILE } }],
    })
  })

  test('contents from a file, a variable or the text itself, with its line end', () => {
    expect(contentOf(attached('secrets: [{name: a, file: pass.txt}, {source: b, environment: TOKEN}]'))).toEqual([
      'of-a-file-7Qx\n',
      'of-a-variable-7Qx',
    ])
    expect(contentOf(attached('configs:\n  - name: a\n    content: |\n      one\n      two\n'))).toEqual(['one\ntwo\n'])
  })

  test('a mapping in place of the list', () => {
    expect(attached('secrets: {a: {environment: TOKEN, target: x}, b: }')).toMatchObject({
      secrets: [{ name: 'a', file: { Name: 'x' } }, { name: 'b' }],
    })
  })

  test('one of them without its dash', () => {
    expect(contentOf(attached('secrets: {name: a, environment: TOKEN}'))).toEqual(['of-a-variable-7Qx'])
  })

  test.each([
    ['0440', 0o440],
    ['"400"', 0o400],
    ['0o600', 0o600],
  ])('the mode %s', (text, Mode) => {
    expect(attached(`secrets: [{name: a, uid: 1000, gid: "20", mode: ${text}}]`)).toMatchObject({
      secrets: [{ file: { Name: 'a', UID: '1000', GID: '20', Mode } }],
    })
  })

  test('labels, as a mapping or a list, and a driver for templates', () => {
    expect(
      attached(
        'configs: [{name: a, content: x, labels: {team: web}, template-driver: golang}, {name: b, content: y, labels: [a=b=c]}]',
      ),
    ).toMatchObject({
      configs: [
        { content: { labels: { team: 'web' }, templating: 'golang' } },
        { content: { labels: { a: 'b=c' }, templating: undefined } },
      ],
    })
  })

  test('networks, that are made where this is said', () => {
    expect(
      attached(
        'networks: [front, {name: back, create: true, encrypted: true, driver-opts: {mtu: "1400"}, subnet: 10.20.0.0/24, aliases: [api]}]',
      ),
    ).toEqual({
      networks: [
        { name: 'front', aliases: undefined, create: undefined },
        {
          name: 'back',
          aliases: ['api'],
          create: {
            Name: 'back',
            Driver: 'overlay',
            Attachable: false,
            Internal: false,
            Options: { mtu: '1400', encrypted: '' },
            Labels: {},
            IPAM: { Config: [{ Subnet: '10.20.0.0/24' }] },
          },
        },
      ],
    })
  })

  test.each([
    ['config://spec', { from: 'config', name: 'spec' }],
    ['{config: spec}', { from: 'config', name: 'spec' }],
    ['file://spec.json', { from: 'node', source: { File: 'spec.json' } }],
    ['registry://spec', { from: 'node', source: { Registry: 'spec' } }],
    ['{registry: spec}', { from: 'node', source: { Registry: 'spec' } }],
    ['none', { from: 'nothing' }],
    ['{file: pass.txt}', { from: 'config', name: 'web-credential-spec', content: { isCredentialSpec: true } }],
    ['{content: "{}", name: spec}', { from: 'config', name: 'spec' }],
  ])('the credential spec %s', (text, expected) => {
    expect(attached(`credential-spec: ${text}`)).toMatchObject({ credentialSpec: expected })
  })

  test('empty lists, which are asked for like others', () => {
    expect(attached('secrets: []\nconfigs: []\nnetworks: []')).toEqual({ secrets: [], configs: [], networks: [] })
  })

  test('flags beside the lists, of other files and networks', () => {
    const flags = ['--secret-add source=b,target=c', '--config-rm old', '--network-add front']
    expect(problems(`secrets: [a]\nnetworks: [back]\nupdate-args: ${JSON.stringify(flags)}`)).toEqual([])
  })
})

describe('what is refused', () => {
  test.each([
    ['secrets: db', /`secrets`: this is only text: write a list such as `secrets: \[db-password\]`/],
    ['secrets: [[a]]', /`secrets`: item 1 is a list: write a name/],
    ['secrets: [{environment: TOKEN}]', /`secrets`: item 1: it has no name: write its `name`/],
    ['secrets: [{name: a, source: b}]', /`secrets`: a: its name is given twice/],
    ['secrets: {a: {name: b}}', /`secrets`: a: its name is given twice: write it before the colon alone/],
    ['secrets: ["a b"]', /"a b" is no name of a secret: write letters/],
    [
      'secrets: [{name: a, environement: TOKEN}]',
      /`secrets`: a: line \d has the unknown key "environement": did you mean `environment`/,
    ],
    ['secrets: [{name: a, value-env: TOKEN}]', / unknown key "value-env": did you mean `environment`/],
    ['secrets: [{name: a, value: x}]', / unknown key "value": did you mean `content`/],
    ['configs: [{name: a, external: true}]', / unknown key "external": leave it out: what is given no content/],
    ['networks: [{name: a, path: x}]', / unknown key "path": write one of `name`, `aliases`/],
    ['secrets: [{name: a, template_driver: golang, content: x}]', /did you mean `template-driver`/],
    [
      'secrets: [{name: a, environment: TOKEN, file: pass.txt}]',
      /`file` and `environment` are all given: write only one/,
    ],
    [
      'secrets: [{name: a, environment: NOT_SET}]',
      /the variable NOT_SET, which is not set: set it in the `env` of the step$/,
    ],
    ['secrets: [{name: a, environment: EMPTY}]', /the variable EMPTY, from which it takes its content, is empty/],
    ['secrets: [{name: a, environment: ""}]', /`environment` is empty: write the name of a variable/],
    ['secrets: [{name: a, content: ""}]', /its content is empty, which Swarm does not take/],
    [
      'secrets: [{name: a, file: nope.txt}]',
      /its file .*nope.txt: there is no such file: .* relative to .*attachments-/,
    ],
    ['secrets: [{name: a, file: empty.txt}]', /its file .*empty.txt is empty/],
    ['secrets: [{name: a, file: large.txt}]', /its content is larger than 500 kB/],
    ['secrets: [{name: a, labels: {x: y}}]', /`labels` is for one that is made here: write its content too/],
    [
      'secrets: [{name: a, content: x, labels: {swarm-deploy.version-of: b}}]',
      /"swarm-deploy.version-of" is not yours to give/,
    ],
    ['secrets: [{name: a, content: x, template-driver: jinja}]', /"jinja" is none that docker has: write golang/],
    ['secrets: [{name: a, mode: rw}]', /`mode`: "rw" are no permissions of a file: write three octal digits/],
    ['secrets: [{name: a, mode: "0888"}]', /`mode`: "0888" are no permissions/],
    ['secrets: [{name: a, uid: root}]', /`uid`: "root" is no number/],
    ['secrets: [{name: a, target: "/etc/"}]', /`target`: "\/etc\/" is no name of a file/],
    ['secrets: [a, {name: b, target: a}]', /two of them have the target "a"/],
    ['networks: [{name: a, driver: overlay}]', /`driver` is for a network that is made here: write `create: true` too/],
    ['networks: [a, a]', /`networks`: a is given twice/],
    ['networks: ["a b"]', /"a b" is no name of a network/],
    ['networks: [{name: a, create: maybe}]', /`create`: "maybe" is neither/],
    ['networks: [{name: a, aliases: api}]', /`aliases` is no list of names/],
    [
      'credential-spec: spec.json',
      /`credential-spec`: "spec.json" says not where it is: write `\{file: credspec.json\}`/,
    ],
    ['credential-spec: {name: a}', /it names no source/],
    ['credential-spec: {config: a, file: pass.txt}', /`config` and `file` are all given/],
    ['secrets: [{name: a, uid: 4294967295}]', /`uid`: "4294967295" is no number/],
    ['secrets: [a, {name: b, target: /run/secrets/a}]', /two of them have the target "\/run\/secrets\/a"/],
    [
      'configs: [{name: a, target: etc/a}, {name: b, target: //etc/./a}]',
      /two of them have the target "\/\/etc\/\.\/a"/,
    ],
    [
      'secrets: [{name: a, target: ../../etc/x}]\nconfigs: [{name: b, target: /etc/x}]',
      /`secrets` and `configs` both have the file "\/etc\/x": write another `target`/,
    ],
    ['credential-spec: {registry: ""}', /`registry` is empty: write the name of a value/],
    ['secrets: [a]\ncreate-args: --secret a', /"a" is given both in `secrets` and by the flag --secret/],
    [
      'secrets: [{name: b, target: a}]\nupdate-args: --secret-add source=c,target=a',
      /"a" is given both in `secrets` and by the flag --secret-add/,
    ],
    ['secrets: [b]\nupdate-args: --secret-rm b', /"b" is given both in `secrets` and by the flag --secret-rm/],
    [
      'networks: [a]\ncreate-args: --network name=a,alias=x',
      /"a" is given both in `networks` and by the flag --network/,
    ],
    [
      'credential-spec: none\nupdate-args: --credential-spec file://a',
      /`credential-spec` and the flag --credential-spec are both given/,
    ],
    ['create-args: --label swarm-deploy.attached=x', /the label swarm-deploy.attached is not yours to change/],
  ])('%s', (lines, expected) => {
    expect(problems(lines)).toEqual([expect.stringMatching(expected)])
  })

  test('one name that two entries make in two ways', () => {
    const entry = (name: string, more: string) => `- {name: ${name}, networks: [{name: back, create: true${more}}]}\n`
    expect(problems(entry('a', '') + entry('b', ''))).toEqual([])
    expect(problems(entry('a', '') + entry('b', ', internal: true'))).toEqual([
      expect.stringMatching(/^services: a and b make the network back in two ways: say it in one of the two/),
    ])
  })
})

test('flags attach what they name, by its target', () => {
  const flags = [
    { name: '--secret', value: 'a' },
    { name: '--secret-add', value: 'source=b,target=c' },
    { name: '--config', value: 'src=d' },
    { name: '--network', value: 'name=front,alias=x' },
    { name: '--network-add', value: 'n2' },
    { name: '--secret-rm', value: 'e' },
    { name: '--label', value: 'f' },
  ].map((flag) => ({ ...flag, words: [] }))
  expect(attachedByFlags(flags, new Map([['n2', 'back']]))).toEqual([
    'secret a',
    'secret c',
    'config d',
    'network front',
    'network back',
  ])
})

test.each([
  ['its text', 'secrets: [{name: a, content: "inline-7Qx-1", nope: 1}]', 'inline-7Qx-1'],
  ['a variable', 'secrets: [{name: a, environment: TOKEN, nope: 1}]', 'of-a-variable-7Qx'],
  ['a file', 'secrets: [{name: a, file: pass.txt, nope: 1}]', 'of-a-file-7Qx'],
  ['both of two sources', 'secrets: [{name: a, file: pass.txt, content: "inline-7Qx-2"}]', 'inline-7Qx-2'],
  ['a text in the place of a file', 'secrets: [{name: a, file: "inline-7Qx-5"}]', 'inline-7Qx-5'],
  ['an item without a name', 'secrets: [{content: "inline-7Qx-4"}]', 'inline-7Qx-4'],
])('a secret is masked though the entry is refused: %s', (_, lines, secret) => {
  const said = problems(lines).join('\n')
  expect(said).not.toBe('')
  expect(said).not.toContain(secret)
  expect(redact(`it is ${secret}.`)).toBe('it is ***.')
})
