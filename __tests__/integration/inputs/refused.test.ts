import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { redact } from '../../../src/runner/secrets/secret.ts'
import { inputVariables, problemsIn } from '../../support/inputs.ts'

// On a runner the passwords of these tests, such as `true`, would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const CANARY = 'C4nary-pass'
const login = Buffer.from(`bot:${CANARY}`).toString('base64')
const FORMS = [CANARY, Buffer.from(CANARY).toString('base64').replace(/=+$/, ''), 'C4nary']
const REMEDY = /\b(?:write|use|give|put|leave|set|save|indent|close|add|limit|check|take|did you mean)\b/

const files = scratchDirectory('refused-')
afterAll(() => rmSync(files, { recursive: true }))
mkdirSync(join(files, 'directory'))
for (const [name, content] of [
  ['empty', ''],
  ['newlines', '\r\n\n'],
  ['nul', `${CANARY}\0`],
  ['utf16', Buffer.from(`\uFEFF${CANARY}é`, 'utf16le')],
  ['large', CANARY.repeat(200_000)],
  ['three-columns', `hub docker.io ${CANARY}\n`],
  ['broken-yaml', `- registry: ghcr.io\n  username: bot\n  password: "${CANARY}\n`],
] as const) {
  writeFileSync(join(files, name), content)
}

symlinkSync('/proc/self/environ', join(files, 'to-the-environment'))
symlinkSync('circle', join(files, 'circle'))
execFileSync('mkfifo', [join(files, 'pipe')])

const { inputs: declared } = parse(readFileSync(new URL('../../../action.yml', import.meta.url), 'utf8'))
const INPUTS = Object.keys(declared)

type Inputs = Readonly<Record<string, string>>

/** What readInputs has against the inputs, one line each. */
function problems(inputs: Inputs, env: Inputs = {}): readonly string[] {
  const given = inputVariables(inputs)
  return problemsIn(() => readInputs({ GITHUB_WORKSPACE: files, ...given, ...env }, STRATEGY_INPUTS))
}

const WEB = { services: 'web: nginx:1.27' }
const registries = (text: string): Inputs => ({ ...WEB, registries: text })
const entry = (text: string): Inputs => registries(`- {registry: ghcr.io, username: bot, ${text}}`)
const service = (text: string): Inputs => ({ services: `- name: web\n  ${text.replaceAll('\n', '\n  ')}` })
const updateArgs = (...items: string[]): Inputs => service(`update-args: ${JSON.stringify(items)}`)
const text = (flags: string): Inputs => service(`image: nginx\ncreate: true\ncreate-args: ${JSON.stringify(flags)}`)
const createArgs = (...items: string[]): Inputs =>
  service(`image: nginx\ncreate: true\ncreate-args: ${JSON.stringify(items)}`)

const REFUSED: readonly [what: string, inputs: Inputs, said: string][] = [
  // registries, YAML
  [
    'entry without registry',
    registries(`- {username: bot, password: ${CANARY}}`),
    'registries entry 1: `registry` is missing',
  ],
  [
    'entry without username',
    registries(`- {registry: ghcr.io, password: ${CANARY}}`),
    'registries entry 1 (ghcr.io): `username` is missing',
  ],
  [
    'entry without password',
    entry('config: a'),
    'there is no password: write exactly one of `password-env`, `password-file` or `password`',
  ],
  [
    'an account for the nodes without its password',
    entry(`password: ${CANARY}, stored-username: pull`),
    'there is no password for the nodes to store: write exactly one of `stored-password-env`, `stored-password-file` or `stored-password`',
  ],
  [
    'two passwords for the nodes',
    entry(`password: abc-1234, stored-password: ${CANARY}, stored-password-env: TOKEN`),
    '`stored-password-env` and `stored-password` are given at once',
  ],
  [
    'a variable for the nodes that is not set',
    entry(`password: ${CANARY}, stored-password-env: TOKEN_THAT_IS_NOT_SET`),
    'the variable TOKEN_THAT_IS_NOT_SET, which `stored-password-env` names, is not set',
  ],
  [
    'an empty password for the nodes',
    entry(`password: ${CANARY}, stored-password: ""`),
    'the stored password is empty: set it',
  ],
  [
    'a user for the nodes with a colon',
    entry(`password: abc-1234, stored-password: ${CANARY}, stored-username: "a:b"`),
    'the stored username has a colon',
  ],
  [
    'a list as the password for the nodes',
    entry(`password: abc-1234, stored-password: [${CANARY}]`),
    '`stored-password` is a list or mapping in YAML',
  ],
  [
    'a password for the nodes that YAML would cut',
    registries(`- registry: ghcr.io\n  username: bot\n  password: abc-1234\n  stored-password: ${CANARY} # 7\n`),
    '`stored-password` has a blank and a # in it, where YAML begins a comment: put it in quotes, or use `stored-password-env`',
  ],
  [
    'a key for the nodes with another name',
    entry(`password: abc-1234, stored-token: ${CANARY}`),
    'has the unknown key "stored-token": did you mean `stored-password`?',
  ],
  [
    'empty registry',
    registries(`- {registry: "", username: bot, password: ${CANARY}}`),
    'entry 1: the registry "" is empty',
  ],
  ['empty username', registries(`- {registry: ghcr.io, username: " ", password: ${CANARY}}`), 'the username is empty'],
  ['empty password', entry('password: ""'), 'the password is empty'],
  ['password of newlines', entry('password: "\\n\\n"'), 'the password is empty'],
  [
    'two passwords',
    entry(`password: ${CANARY}, password-env: TOKEN`),
    '`password-env` and `password` are given at once',
  ],
  [
    'variable not set',
    entry('password-env: TOKEN_THAT_IS_NOT_SET'),
    "registries entry 1 (ghcr.io, bot): the variable TOKEN_THAT_IS_NOT_SET, which `password-env` names, is not set: write the name of a variable (not its value), and set it in the step's `env`, as in `TOKEN_THAT_IS_NOT_SET: ${{ secrets.TOKEN_THAT_IS_NOT_SET }}`",
  ],
  ['the secret in place of its variable', entry(`password-env: ${CANARY}`), 'the name of a variable (not its value)'],
  [
    'what may be a password in capitals as variable',
    entry('password-env: S3CRET'),
    'the variable that `password-env` names is not set',
  ],
  ['a property of all objects as variable', entry('password-env: constructor'), '`password-env` names is not set'],
  ['no name of a variable', entry('password-env: ""'), '`password-env` names is not set'],
  ['file that is not there', entry(`password-file: ${CANARY}`), '`password-file`: there is no such file'],
  ['directory as password file', entry('password-file: directory'), 'this is a directory'],
  ['empty password file', entry('password-file: empty'), 'the file is empty'],
  ['password file of newlines', entry('password-file: newlines'), 'the file is empty'],
  ['device as password file', entry('password-file: /dev/zero'), 'a part of the system'],
  ["the step's own environment as password file", entry('password-file: /proc/self/environ'), 'a part of the system'],
  ['a link to it', entry('password-file: to-the-environment'), 'a part of the system'],
  ['a link in a circle', entry('password-file: circle'), 'lead in a circle'],
  ['a pipe', entry('password-file: pipe'), 'this is no regular file'],
  ['no path of a password file', entry('password-file: ""'), '`password-file` is empty'],
  ['password file in UTF-16', entry('password-file: utf16'), 'not UTF-8 text'],
  ['NUL in a password file', entry('password-file: nul'), 'a NUL character'],
  ['NUL in a path', entry('password-file: "a\\0b"'), 'the file cannot be read'],
  ['large password file', entry('password-file: large'), 'larger than 1 MB'],
  ['a short key', entry(`pass: ${CANARY}`), 'line 1 has the unknown key "pass": did you mean `password`?'],
  ['typo in a key', entry(`passwrod: ${CANARY}`), 'line 1 has the unknown key "passwrod": did you mean `password`?'],
  ['underscore in a key', entry('password_env: TOKEN'), 'did you mean `password-env`?'],
  ['other name of a key', entry(`token: ${CANARY}`), 'did you mean `password`?'],
  [
    'a key of docker/login-action',
    entry('password: p1234, scope: x'),
    'the unknown key "scope": leave it out: a credential',
  ],
  ['another of its keys', entry('password: p1234, ecr: auto'), '`ecr` is neither a switch nor a mapping'],
  [
    'one more of its keys',
    entry('password: p1234, logout: false'),
    'the unknown key "logout": leave it out: the logins',
  ],
  [
    'a key of config.json',
    entry('password: p1234, identityToken: x'),
    'the unknown key "identityToken": give the config.json',
  ],
  [
    'a key of nobody',
    entry('password: p1234, colour: red'),
    'the unknown key "colour": write one of `registry`, `username`',
  ],
  [
    'a word that may be a password',
    entry('canary-pass'),
    'line 1 has an unknown key: write one of `registry`, `username`',
  ],
  ['the secret as a key', entry(`${CANARY}: x`), 'line 1 has an unknown key: write one of `registry`, `username`'],
  [
    'key twice',
    entry(`password: ${CANARY}, password: ${CANARY}`),
    'registries line 1, column 61: the key is in its mapping already',
  ],
  [
    'colon in the username',
    registries(`- {registry: ghcr.io, username: "bot:x", password: ${CANARY}}`),
    'the username has a colon',
  ],
  [
    'line break in the username',
    registries(`- {registry: ghcr.io, username: "b\\nt", password: ${CANARY}}`),
    'line break or control character',
  ],
  ['empty config', entry(`password: ${CANARY}, config: ""`), '`config` is empty'],
  ['line break in the config', entry(`password: ${CANARY}, config: "a\\nb"`), '`config` has a line break'],
  [
    'registry with a tag',
    registries(`- {registry: "ghcr.io/org/app:1", username: bot, password: ${CANARY}}`),
    'leave the tag off',
  ],
  [
    'registry with userinfo',
    registries(`- {registry: "https://bot:${CANARY}@ghcr.io", username: bot, password-env: TOKEN}`),
    'the registry "https://***@ghcr.io" has an @',
  ],
  [
    'no host',
    registries(`- {registry: ghcr, username: bot, password: ${CANARY}}`),
    'the registry "ghcr" is no registry',
  ],
  [
    'registry is a list',
    registries(`- {registry: [ghcr.io], username: bot, password: ${CANARY}}`),
    '`registry` is a list: write one text',
  ],
  [
    'username is a mapping',
    registries(`- {registry: ghcr.io, username: {a: b}, password: ${CANARY}}`),
    '`username` is a mapping',
  ],
  ['password is a list', entry(`password: [${CANARY}]`), '`password` is a list or mapping'],
  [
    'password is a mapping',
    registries(`- registry: ghcr.io\n  username: bot\n  password: {"key": "${CANARY}"}`),
    '`password` is a list or mapping',
  ],
  [
    'password cut by a comment',
    registries(`- registry: ghcr.io\n  username: bot\n  password: ${CANARY} #x`),
    'where YAML begins a comment',
  ],
  [
    'password over two lines',
    registries(`- registry: ghcr.io\n  username: bot\n  password: ${CANARY}\n   more`),
    '`password` goes on in the next line',
  ],
  [
    'quoted password over two lines',
    registries(`- registry: ghcr.io\n  username: bot\n  password: "${CANARY}\n   more"`),
    '`password` goes on in the next line',
  ],
  [
    'password with a colon and a blank',
    registries(`- registry: ghcr.io\n  username: bot\n  password: ${CANARY}: x`),
    'registries line 3, column 13: a value holds a colon and a blank',
  ],
  [
    'password that begins with @',
    registries(`- registry: ghcr.io\n  username: bot\n  password: @${CANARY}`),
    'line 3, column 13: a value begins with a character that YAML reserves',
  ],
  [
    'password that begins with %',
    registries(`- registry: ghcr.io\n  username: bot\n  password: %${CANARY}`),
    'a value begins with a character that YAML reserves',
  ],
  [
    'password that begins with !',
    registries(`- registry: ghcr.io\n  username: bot\n  password: !${CANARY}`),
    'begins with ! is a tag in YAML: put the value in quotes',
  ],
  [
    'password that begins with &',
    registries(`- registry: ghcr.io\n  username: bot\n  password: &${CANARY}`),
    'begins with & is an anchor in YAML: put the value in quotes',
  ],
  [
    'password that begins with *',
    registries(`- registry: ghcr.io\n  username: bot\n  password: *${CANARY}`),
    'begins with * is an alias in YAML, and no anchor (&) of its name stands before it',
  ],
  [
    'password that begins with |',
    registries(`- registry: ghcr.io\n  username: bot\n  password: |${CANARY}`),
    'registries line 3',
  ],
  [
    'password that begins with a quote',
    registries(`- registry: ghcr.io\n  username: bot\n  password: "${CANARY}`),
    'registries line 3',
  ],
  [
    'text after a quoted password',
    registries(`- registry: ghcr.io\n  username: bot\n  password: "x" ${CANARY}`),
    'registries line 3',
  ],
  [
    'backslash in a quoted password',
    registries(`- registry: ghcr.io\n  username: bot\n  password: "${CANARY}\\q"`),
    'a backslash in double quotes',
  ],
  [
    'password of several lines, not indented',
    registries(`- registry: ghcr.io\n  username: bot\n  password: -----BEGIN\n${CANARY}\n-----END`),
    'registries line',
  ],
  [
    'tab as indentation',
    registries(`- registry: ghcr.io\n\tusername: bot\n\tpassword: ${CANARY}`),
    'registries line 2, column 2: a tab indents the line',
  ],
  [
    'bracket not closed',
    registries(`[{"registry": "ghcr.io", "username": "bot", "password": "${CANARY}"}`),
    'a quote, bracket, comma or colon is missing',
  ],
  [
    'two documents',
    registries(`---\n- {registry: ghcr.io, username: bot, password: ${CANARY}}\n---\n- x`),
    'begins a second document',
  ],
  [
    'registries as keys',
    registries(`ghcr.io: {username: bot, password: ${CANARY}}`),
    'registries: this is no list of credentials',
  ],
  [
    'a config.json in the place of accounts',
    registries(JSON.stringify({ auths: { 'ghcr.io': { auth: login } } })),
    'registries: this is a config.json of docker: give it as `docker-config`, or write entries such as',
  ],
  [
    'base64 of a config.json in the place of accounts',
    registries(Buffer.from(JSON.stringify({ auths: { 'ghcr.io': { auth: login } } })).toString('base64')),
    'registries: this is a config.json of docker: give it as `docker-config`',
  ],
  [
    'a config.json as a password',
    registries(`- {registry: ghcr.io, username: bot, password: '{"auths":{"ghcr.io":{"auth":"${login}"}}}'}`),
    'registries entry 1 (ghcr.io): the password is a whole config.json of docker: give that as `docker-config`',
  ],
  ['only text', registries(`---\n${CANARY}`), 'registries: this is no list of credentials'],
  ['text as an entry', registries(`- ghcr.io bot ${CANARY}`), 'registries entry 1: this is only text and no mapping'],
  ['list as an entry', registries(`- [ghcr.io, bot, ${CANARY}]`), 'registries entry 1: this is a list and no mapping'],
  ['nested too deeply', registries('['.repeat(3000)), 'nested too deeply'],
  ['alias bomb', registries(bomb()), 'the aliases (*) stand for more than 100000 values'],
  ['alias inside of itself', registries('- &a [*a]'), 'stands inside of what it means'],

  [
    'a reference to a variable as password',
    entry(`password: "env:${CANARY.replaceAll('-', '_')}"`),
    '`password` has the form of `env:NAME`, which is only read in `docker-config`: it would be sent as the password itself: write the name of the variable alone, under `password-env`',
  ],
  [
    'a reference to a variable as password for the nodes',
    entry('password-env: TOKEN, stored-password: env:PULL_TOKEN'),
    'write the name of the variable alone, under `stored-password-env`',
  ],
  [
    'a variable of the shell as password',
    entry('password: $GHCR_TOKEN'),
    '`password` has the form of `$NAME`, which only a shell replaces: it would be sent as the password itself: write the name of the variable alone, under `password-env`',
  ],
  [
    'a variable of the shell as password of the short form',
    { ...WEB, username: 'bot', password: '${ghcr_token}' },
    '`password` has the form of `$NAME`, which only a shell replaces',
  ],
  [
    'an expression as password that nobody has replaced',
    entry(`password: "\${{ secrets.${CANARY} }}"`),
    'the password is an expression that nobody has replaced, for `${{ … }}` has a value in workflow files only: write it there, in the inputs or the `env` of the step',
  ],
  [
    'an expression as username that nobody has replaced',
    registries(`- {registry: ghcr.io, username: "\${{ vars.BOT }}", password: ${CANARY}}`),
    'the username is an expression that nobody has replaced',
  ],

  // registries, columns
  [
    'a reference to a variable in columns',
    registries('a ghcr.io bot env:GHCR_TOKEN'),
    'registries line 1: `password` has the form of `env:NAME`',
  ],
  ['three columns', registries(`ghcr.io bot ${CANARY}`), 'registries line 1: the line has 3 columns and not four'],
  [
    'five columns',
    registries(`# comment\n\na ghcr.io bot ${CANARY} more`),
    'registries line 3: the line has 5 columns',
  ],
  ['one column', registries(CANARY), 'registries line 1: the line has 1 column and not four'],
  ['columns out of step', registries(`a ${CANARY} ghcr.io bot`), 'registries line 1: the second column is no registry'],
  ['colon in a username column', registries(`a ghcr.io b:t ${CANARY}`), 'registries line 1: the username has a colon'],

  // two for one registry
  [
    'registry twice',
    registries(
      `- {registry: ghcr.io, username: a, password: ${CANARY}}\n- {registry: GHCR.io, username: b, password: ${CANARY}}`,
    ),
    'registries entry 1 and registries entry 2 both put an account for ghcr.io into the config ghcr.io',
  ],
  [
    'registry twice in a config',
    registries(`a ghcr.io/x bot ${CANARY}\na ghcr.io/y bot ${CANARY}`),
    'registries line 1 and registries line 2 both put an account for ghcr.io into the config a',
  ],
  [
    'Docker Hub under two names',
    {
      ...registries(`- {registry: index.docker.io, username: a, password: ${CANARY}}`),
      username: 'b',
      password: CANARY,
    },
    'registries entry 1 and registry both put an account for docker.io',
  ],

  // registries-file
  ['no such file', { ...WEB, 'registries-file': `missing-${CANARY}` }, 'registries-file: there is no such file'],
  ['a directory', { ...WEB, 'registries-file': 'directory' }, 'registries-file: this is a directory'],
  ['an empty file', { ...WEB, 'registries-file': 'empty' }, 'registries-file: the file is empty'],
  [
    'three columns in a file',
    { ...WEB, 'registries-file': 'three-columns' },
    'registries-file line 1: the line has 3 columns',
  ],
  ['broken YAML in a file', { ...WEB, 'registries-file': 'broken-yaml' }, 'registries-file line 4'],
  [
    'content in place of a path',
    { ...WEB, 'registries-file': `a ghcr.io bot ${CANARY}\nb docker.io bot ${CANARY}` },
    'registries-file: this is no path but several lines',
  ],

  // images
  ['images that are only text', { ...WEB, images: 'web.tar' }, 'images: this is no list of images to push'],
  ['images as pairs', { ...WEB, images: 'web: web.tar' }, 'images: this is no list of images to push'],
  ['an image that is only text', { ...WEB, images: '- web.tar' }, 'images entry 1 (line 1): this is only text'],
  ['images that are no YAML', { ...WEB, images: '- {archive: "web.tar' }, 'images line 1, column'],
  [
    'an image without an archive',
    { ...WEB, images: '- image: a.test/web' },
    'images entry 1 (line 1): `archive` is missing',
  ],
  ['an image without a name', { ...WEB, images: '- archive: large' }, 'images entry 1 (line 1): `image` is missing'],
  ['an empty archive', { ...WEB, images: '- {archive: "", image: a.test/web}' }, '`archive` is empty'],
  [
    'an archive that is gone',
    { ...WEB, images: '- {archive: gone.tar, image: a.test/web}' },
    '"gone.tar": there is no such file',
  ],
  ['an archive that is a directory', { ...WEB, images: '- {archive: directory, image: a.test/web}' }, 'is a directory'],
  ['an archive that is a pipe', { ...WEB, images: '- {archive: pipe, image: a.test/web}' }, 'is no regular file'],
  ['a wrong name of an image', { ...WEB, images: '- {archive: large, image: a.test/Web}' }, 'has capital letters'],
  [
    'an image with a digest',
    { ...WEB, images: `- {archive: large, image: "a.test/web:1@sha256:${'a'.repeat(64)}"}` },
    'has a digest, which is for the archive to say: write a.test/web:1',
  ],
  [
    'a variable that is not indented',
    { services: '- name: web\n  env:\n  LEVEL: a' },
    'services: web: line 3 has the unknown key "LEVEL": indent it by two blanks more if it belongs to `env` in line 2',
  ],
  [
    'an unknown key of an image',
    { ...WEB, images: '- {file: large, image: a.test/web}' },
    'images entry 1 (line 1): line 1 has the unknown key "file": did you mean `archive`?',
  ],
  ['an empty `from`', { ...WEB, images: '- {archive: large, image: a.test/web, from: }' }, '`from` is empty'],
  [
    'one name for two images',
    { ...WEB, images: '[{archive: large, image: a.test/web}, {archive: empty, image: "a.test/web:latest"}]' },
    'images entry 2: a.test/web:latest is pushed by images entry 1 already',
  ],
  ['images without a service', { images: '- {archive: large, image: a.test/web}' }, '`images` alone deploys nothing'],

  // the short form
  [
    'a reference to a variable as password',
    { ...WEB, username: 'bot', password: 'env:GHCR_TOKEN' },
    'write the expression that has it, such as `${{ secrets.NAME }}`, or give a file that holds it as `password-file`',
  ],
  ['username alone', { ...WEB, username: 'bot' }, '`username` is given, but `password` is empty'],
  ['password alone', { ...WEB, password: CANARY }, '`password` is given, but `username` is empty'],
  ['registry alone', { ...WEB, registry: 'ghcr.io' }, '`registry` is given, but `username` and `password` are empty'],
  [
    'registry and username',
    { ...WEB, registry: 'ghcr.io', username: 'bot' },
    '`registry` and `username` are given, but `password` is empty',
  ],
  ['password of a newline', { ...WEB, username: 'bot', password: '\r\n' }, '`password` is empty'],
  [
    'wrong registry',
    { ...WEB, registry: 'ghcr', username: 'bot', password: CANARY },
    'registry: the registry "ghcr" is no registry',
  ],
  [
    'several registries',
    { ...WEB, registry: 'docker.io,quay.io/org-a', username: 'bot', password: CANARY },
    'registry: "docker.io" and "quay.io/org-a" are several registries: write an entry of `registries` for each',
  ],
  [
    'colon in the short username',
    { ...WEB, username: 'a:b', password: CANARY },
    'username, password: the username has a colon',
  ],

  ...(['registry', 'username', 'password'] as const).map((key): [string, Inputs, string] => [
    `${key} twice`,
    { ...WEB, registry: 'ghcr.io', username: 'bot', password: CANARY, [`${key}-file`]: 'three-columns' },
    `\`${key}\` and \`${key}-file\` are both given: leave one of them out`,
  ]),
  [
    'a password file that is not there',
    { ...WEB, username: 'bot', 'password-file': CANARY },
    'password-file: there is no such file',
  ],
  [
    'an empty username file',
    { ...WEB, 'username-file': 'newlines', password: CANARY },
    'username-file: the file is empty: write the name of the account into it',
  ],
  [
    'an empty registry file',
    { ...WEB, 'registry-file': 'empty', username: 'bot', password: CANARY },
    'registry-file: the file is empty: write the registry into it',
  ],
  [
    'a registry file with something else',
    { ...WEB, 'registry-file': 'three-columns', username: 'bot', password: 'another-pass' },
    'registry-file: the file holds no registry: write one into it',
  ],
  [
    'a password file alone',
    { ...WEB, 'password-file': 'three-columns' },
    '`password-file` is given, but `username` is empty',
  ],
  ['config alone', { ...WEB, config: 'team-a' }, '`config` is given, but `username` and `password` are empty'],

  // services
  ['no services', {}, 'services: it is empty'],
  ['blank services', { services: ' \n ' }, 'services: it is empty'],
  [
    'only registries',
    { registries: `a ghcr.io bot ${CANARY}` },
    'services: it is empty, and `registries` alone deploys nothing',
  ],
  [
    'only the short form',
    { username: 'bot', password: CANARY },
    'services: it is empty, and `username` alone deploys nothing',
  ],
  ...['# web: nginx', '---', '~', 'null', 'undefined'].map((services): [string, Inputs, string] => [
    `nothing but ${services}`,
    { services },
    'services: there is no value in it, as where an expression has none: write pairs',
  ]),
  [
    'a blank out of a web page',
    { services: 'web:\u00a0nginx:1.27' },
    'services: this is only text: behind the colon is "\\u{a0}", which YAML does not take for a blank: write an ordinary one',
  ],
  [
    'a blank that cannot be told from another',
    { ...WEB, timeout: '5\u2009m' },
    'timeout: "5\\u{2009}m" is no duration',
  ],
  ['an image alone', { services: 'nginx:1.27' }, 'services: this is only text: write pairs'],
  ['broken YAML', { services: 'web: [nginx' }, 'services line 1'],
  [
    'no-break',
    { services: '- name: web\n\u00a0 image: nginx' },
    'services line 2, column 1: a line or key begins with a',
  ],
  [
    'ideographic',
    { services: '{web: nginx,\u3000api: nginx}' },
    'services line 1, column 13: a line or key begins with',
  ],
  ['tab', { services: 'web:\n\timage: nginx' }, 'services line 2, column 1: a tab indents the line'],
  ['no blank after the colon', { services: 'web:nginx\napi: nginx' }, 'services line 1, column 1: the line is neither'],
  ['no image', { services: 'web:' }, 'services: web (line 1): the image name "" is empty'],
  ['bad image', { services: 'web: Org/App:1' }, 'services: web (line 1): the image name "Org/App:1"'],
  [
    'variable left in an image',
    { services: 'web: nginx:$TAG' },
    'services: web (line 1): the image name "nginx:$TAG" still holds $TAG',
  ],
  [
    'image with a scheme',
    service('image: https://ghcr.io/org/app'),
    'services: web: `image` (line 2): the image name "https://ghcr.io/org/app" must not start with https://: leave it off',
  ],
  ['list as image', { services: 'web: [nginx]' }, 'services: web: this is a list'],
  ['dot in a name', { services: 'my.web: nginx' }, 'services: my.web (line 1): "my.web" is no name of a service'],
  [
    'name and image swapped',
    { services: 'r.test/org/web:1.2: web' },
    'services: r.test/org/web:1.2 (line 1): "r.test/org/web:1.2" is no name of a service, and looks like an image: write the name first, as in `web: ghcr.io/org/web:1.2`',
  ],
  [
    'the same in an entry',
    { services: '- {name: "nginx:1.27", image: web}' },
    'looks like an image: write the name first',
  ],
  ['blank in a name', { services: 'my web: nginx' }, 'is no name of a service'],
  ['dash at the end of a name', { services: 'web-: nginx' }, 'with a letter or digit first and last'],
  ['long name', { services: `${'w'.repeat(64)}: nginx` }, 'the name has 64 characters'],
  ['hostile name', { services: `${'a-'.repeat(40_000)}: nginx` }, 'services line 1'],
  ['empty key', { services: '"": nginx' }, 'services line 1: the name is empty'],
  ['empty name', { services: '- {name: "", image: nginx}' }, 'services entry 1 (line 1): the name is empty'],
  ['no name', { services: '- image: nginx' }, 'services entry 1 (line 1): `name` is missing'],
  ['name is a list', { services: '- {name: [web], image: nginx}' }, 'services entry 1 (line 1): `name` is a list'],
  [
    'name twice',
    { services: '- {name: web, image: nginx}\n- {name: web, image: nginx}' },
    'services: web: the service is given twice (lines 1 and 2): put',
  ],
  [
    'names of one spelling',
    { services: 'web: nginx\nWeb: nginx' },
    'services: Web: the service is given twice (lines 1 and 2)',
  ],
  [
    'names of one spelling before mappings',
    { services: 'web:\n  image: nginx\nWeb:\n  image: nginx' },
    'services: Web: the service is given twice (lines 1 and 3)',
  ],
  [
    'key twice in the pairs',
    { services: 'web: nginx\nweb: nginx' },
    'services line 2, column 1: the key is in its mapping already',
  ],
  ['pairs with dashes', { services: '- web: nginx' }, '`web` is no key of an entry: leave the dashes off'],
  ['text as an entry', { services: '- web' }, 'services entry 1 (line 1): this is only text'],
  ['two names', { services: 'web: {name: api, image: nginx}' }, 'services: web: `name` is "api" here'],
  [
    'compose file',
    { services: 'version: "3"\nservices:\n  web:\n    image: nginx' },
    'services: line 2 has the key `services`, as a compose file has: for a stack write the path of such a file in `compose-file`',
  ],
  [
    'compose key',
    { services: 'web: {image: nginx, ports: ["80:80"]}' },
    'services: web: line 1 has the unknown key "ports": this action\'s `services` is no compose file: write `--publish 8080:80` in `create-args`',
  ],
  ...(
    [
      ['volumes', 'write `--mount type=volume,'],
      ['restart', 'write `--restart-condition any`'],
      ['labels', 'write `--label KEY=VALUE`'],
      ['depends_on', 'leave it out: Swarm waits for no other service'],
      ['build', 'build and push the image in an earlier step'],
    ] as const
  ).map(([key, told]): [string, Inputs, string] => [
    `compose key ${key}`,
    { services: `web: {image: nginx, ${key}: x}` },
    told,
  ]),
  [
    'flag as a key',
    service('image: nginx\nlimit-memory: 1G'),
    'unknown key "limit-memory": that is a flag of docker service create: write `--limit-memory` in `create-args`',
  ],
  [
    'flag as a compose key',
    service('image: nginx\nstop_grace_period: 1s'),
    'write `--stop-grace-period` in `create-args`',
  ],
  ['compose key with an equal here', { services: 'web: {image: nginx, environment: {A: b}}' }, 'did you mean `env`?'],
  [
    'typo in a service key',
    service('imgae: nginx\nreplicas: 1'),
    'services: web: line 2 has the unknown key "imgae": did you mean `image`?',
  ],
  ['unknown key', service('image: nginx\ncolour: red'), 'unknown key "colour": write one of `name`, `image`'],
  [
    'nothing but a name',
    { services: '- name: web' },
    'services: web: nothing is asked for: write an `image`, or `refresh: true` for the newest image of the tag that it has, as in `{name: web, refresh: true}`',
  ],
  ['an image that is looked up anyway', service('image: nginx\nrefresh: true'), '`refresh` and `image` are both given'],
  [
    'same-digest in other words',
    { ...service('image: nginx'), 'same-digest': 'kep' },
    'same-digest: "kep" is none of its words: did you mean keep?',
  ],
  ['force in words', service('force: please'), '`force` (line 2): "please" is neither'],
  [
    'force of a name that is none',
    { ...service('image: nginx'), force: 'wbe' },
    'force: `services` has no service `wbe`: did you mean `web`?',
  ],
  [
    'no names for force',
    { ...service('image: nginx'), force: '- {name: web}' },
    'force: line 1 is no name of a service',
  ],
  ['refresh in words', service('refresh: please'), '`refresh` (line 2): "please" is neither'],
  [
    'a stack in place of files',
    { services: '- {stack: shop}' },
    'services: stack shop: `stack` is for all services of a stack',
  ],
  [
    'a stack with what is for one service',
    { services: '- {stack: shop, refresh: true, replicas: 2}' },
    'write `- {stack: shop, refresh: true}`',
  ],
  ['nothing asked for', service('auth-config: a'), 'services: web: nothing is asked for'],
  ['nothing asked for, in empty lists', service('env: {}\nupdate-args: []'), 'services: web: nothing is asked for'],
  ['nothing asked for, as a mapping', { services: 'web: {}' }, 'services: web: nothing is asked for'],
  ['empty auth-config', service('image: nginx\nauth-config: ""'), 'services: web: `auth-config` (line 3): it is empty'],
  [
    'replicas in words',
    service('replicas: two'),
    'services: web: `replicas` (line 2): "two" is not allowed: write a whole number from 0',
  ],
  ['negative replicas', service('replicas: -1'), '`replicas` (line 2): "-1" is not allowed'],
  ['replicas with a point', service('replicas: 1.5'), '`replicas` (line 2): "1.5" is not allowed'],
  ['replicas as octal', service('replicas: 010'), '`replicas` (line 2): "010" is not allowed'],
  ['empty replicas', service('replicas:'), '`replicas` (line 2): "" is not allowed'],
  [
    'create in words',
    service('image: nginx\ncreate: yes\ncreate-args: [--tty]'),
    'services: web: `create` (line 3): "yes" is neither of the two',
  ],
  ['create without image', service('create: true'), 'services: web: `create` is true, but there is no `image`'],
  ...[
    'env: {A: "x${{ secrets.A }}"}',
    'command: [run, "${{ inputs.x }}"]',
    "create-args: --label 'a=${{ inputs.x }}'",
  ].map((line): [string, Record<string, string>, string] => [
    `an expression of a workflow in a file, in ${line}`,
    service(line),
    `services: web: \`${line.split(':')[0]}\` (line 2): it still holds \`\${{ … }}\`, which is only replaced in workflow files: write`,
  ]),
  ['env is text', service(`env: A=${CANARY}`), 'services: web: `env` (line 2): this is only text'],
  ['variable without value', service('env: [A]'), '`env` (line 2): item 1 has no value: write it as `KEY=value`'],
  ['empty variable in a mapping', service('env: {A: }'), '`env` (line 2): "A" has no value: write `A: ""`'],
  ['bad name of a variable', service(`env: {1A: ${CANARY}}`), '"1A" is no name of a variable'],
  ['bad name of a variable in a list', service(`env: ["A B=${CANARY}"]`), '"A B" is no name of a variable'],
  ['no name of a variable', service(`env: ["=${CANARY}"]`), '"" is no name of a variable'],
  ['variable twice', service('env: [A=1, A=2]'), '`env` (line 2): A is given twice'],
  ['NUL in a variable', service(`env: {A: "${CANARY}\\0"}`), 'the value of A has a NUL character'],
  ['mapping in env', service(`env: {A: {B: ${CANARY}}}`), 'the value of "A" is a mapping'],
  ['mapping in an env list', service(`env: [{A: ${CANARY}}]`), '`env` (line 2): item 1 is no text'],

  // create-args, update-args
  ['args as a mapping', service('update-args: {force: true}'), '`update-args`: this is a mapping'],
  ['mapping among args', service('update-args: [--force, {a: b}]'), '`update-args`: item 2 is no text'],
  [
    'word without flag',
    updateArgs('--force', CANARY),
    'services: web: `update-args`: item 2, behind --force: this word belongs to no flag',
  ],
  ['only a word', service(`update-args: ${CANARY}`), '`update-args`: the first word belongs to no flag'],
  ['two dashes', updateArgs('--'), 'item 1: this word belongs to no flag'],
  [
    'value of a switch',
    updateArgs('--init true'),
    '--init takes no value: write it alone, or --init=true or --init=false',
  ],
  ['two flags in an item', updateArgs('--force --tty'), '--force takes no value'],
  ['two short flags in an item', createArgs('-e A=b -e C=d'), 'there is another flag in the value of -e'],
  [
    'flag in a value',
    updateArgs('--update-order start-first --force'),
    'there is another flag in the value of --update-order: write one flag an item',
  ],
  ['flag as a value', updateArgs('--update-order --force'), 'there is another flag in the value of --update-order'],
  [
    'no value',
    updateArgs('--update-order'),
    '--update-order has no value: write it behind the flag, as in --update-order=VALUE',
  ],
  ['no value before a flag', updateArgs('--update-order', '--force'), '`update-args`: --update-order has no value'],
  ['backslash in a list', updateArgs('--update-order start-first \\'), 'items end in a backslash'],
  ['quotes inside a value', updateArgs(`--label-add a={"${CANARY}": 1}`), 'the value of --label-add has quotes in it'],
  ['two pairs of quotes', updateArgs(`--health-cmd "${CANARY}" && "b"`), 'the value of --health-cmd has quotes in it'],
  ['an apostrophe', updateArgs(`--label-add a=it's ${CANARY}`), 'the value of --label-add has quotes in it'],
  ['a variable without a name', createArgs(`-e =${CANARY}`), 'the value of -e has no name before the ='],
  ['a variable without a name for update', updateArgs(`--env-add==${CANARY}`), 'has no name before the ='],
  [
    "the action's own label",
    createArgs('--label swarm-deploy.create-args=a'),
    'the label swarm-deploy.create-args is not yours to change',
  ],
  ['--log-opt alone', updateArgs('--log-opt=a=b'), 'docker ignores --log-opt without --log-driver'],

  // the same as text
  [
    'a value with blanks',
    text('--constraint node.role == worker'),
    'services: web: `create-args`: the word behind --constraint and its value belongs to no flag: put a value with blanks in quotes, write an image in the key `image`, and the words for the container in the key `command`',
  ],
  ['a word behind a switch', text(`--tty ${CANARY}`), 'the word behind --tty belongs to no flag'],
  ['a word for a switch', text('--tty true'), '--tty takes no value: write it alone, or --tty=true or --tty=false'],
  ['folded lines', text('--tty \\ --init'), 'a backslash stands before a blank: write the text behind `|`'],
  ['an open quote', text(`--env 'A=${CANARY}`), "`create-args`: the quote `'` is never closed"],
  [
    'an open double quote',
    text(`--tty\n--env "A=${CANARY}\n--init`),
    '`create-args`: line 2: the quote `"` is never closed',
  ],
  ['a variable', text('--env A=$HOME'), 'nothing is expanded here: put `$` in single quotes'],
  ['a variable in quotes', text('--env "A=${HOME}"'), 'nothing is expanded here'],
  ['a command in a value', text('--tty\n--env A=$(date)'), 'line 2: nothing is expanded here'],
  ['a hash of a password', text('--label users=a:$2y$05$abc'), 'nothing is expanded here'],
  ["bash's own quotes", text("--env A=$'b'"), 'nothing is expanded here'],
  ['backticks', text('--label rule="Host(`a`)"'), 'no command is run here: put a backtick in single quotes'],
  [
    'parentheses',
    text('--label rule=Host(a)'),
    'no shell runs this, for which `(` outside of quotes would be an operator',
  ],
  ['a second command', text('--tty; docker ps'), 'for which `;` outside of quotes'],
  [
    'an operator in a command',
    service('command: a && b'),
    "`command` (line 2): no shell runs this, for which `&` outside of quotes would be an operator: put the whole value in quotes if the sign itself is meant; a shell in the container runs all of it as `sh -c '…'`",
  ],
  ['command as a mapping', service('command: {a: b}'), '`command` (line 2): this is a mapping'],
  ['mapping in a command', service('command: [a, {b: c}]'), '`command` (line 2): item 2 is no text'],
  ['NUL in a command', service(`command: ["${CANARY}\\0"]`), '`command` (line 2): a word has a NUL character'],
  ['command twice', service('command: a\nupdate-args: --args b'), '`command` and the flag --args are both given'],
  ['NUL', updateArgs(`--label-add=${CANARY}\0`), 'the value of --label-add has a NUL character'],
  [
    '--detach',
    updateArgs('--detach'),
    '--detach is not yours to give here, because this action waits for all services together: use the input `wait`',
  ],
  ['--detach=false', updateArgs('--detach=false'), '--detach is not yours to give here'],
  ['-d', updateArgs('-d'), '-d is not yours to give here'],
  ['--quiet', updateArgs('--quiet'), '--quiet is not yours to give here'],
  ['-q', createArgs('-q'), '-q is not yours to give here'],
  [
    '--with-registry-auth',
    updateArgs('--with-registry-auth'),
    'this action sends the credential wherever there is one',
  ],
  ['--image', updateArgs('--image=nginx'), 'use the key `image`'],
  ['--name', createArgs('--name', 'web'), 'use the key `name`'],
  ['--no-resolve-image', updateArgs('--no-resolve-image'), 'pins every image by its digest'],
  ['--rollback', updateArgs('--rollback'), 'a deploy goes forward: give the earlier image'],
  ['--help', updateArgs('--help'), '--help is not yours to give here'],
  ['-H', updateArgs('-H tcp://m:2376'), 'use the input `host` or `context`'],
  ['--host in update-args', updateArgs('--host=tcp://m:2376'), '--host does not choose the swarm here'],
  ['--host in create-args', createArgs('--host=tcp://m:2376'), '--host does not choose the swarm here'],
  ['--context', updateArgs('--context=prod'), 'use the input `host` or `context`'],
  ['-c', createArgs('-c', 'prod'), 'use the input `host` or `context`'],
  ['--tlsverify', updateArgs('--tlsverify'), '--tlsverify is not yours to give here'],
  ['--tlscacert', updateArgs('--tlscacert=ca.pem'), 'use the input `host` or `context`'],
  ['-D', updateArgs('-D'), '-D is not yours to give here'],
  ['--log-level', updateArgs('--log-level=debug'), '--log-level is not yours to give here'],
  [
    'a volume of docker run',
    createArgs('-v /data:/data'),
    '-v is a flag of docker run, and of no service: write `--mount type=volume,source=NAME,target=PATH`, or `type=bind` with a path of the nodes',
  ],
  [
    'the same in update-args',
    updateArgs('--volume=/data:/data'),
    'write `--mount-add type=volume,source=NAME,target=PATH`',
  ],
  [
    '--restart',
    createArgs('--restart', 'always'),
    '--restart is a flag of docker run, and of no service: write `--restart-condition any`',
  ],
  [
    '-m in update-args',
    updateArgs('-m 512m'),
    '-m is a flag of docker run, and of no service: write `--limit-memory 512M`',
  ],
  ['--rm', createArgs('--rm'), '--rm is a flag of docker run, and of no service: leave it out'],
  ['-it', createArgs('-it'), '-i is a flag of docker run, and of no service: leave it out'],
  ['--privileged', createArgs('--privileged'), 'write `--cap-add NAME` for what the program needs'],
  ['-l in update-args', updateArgs('-l a=b'), 'docker service update has no -l: write --label-add'],
  ['--config in update-args', updateArgs('--config=/root/.docker'), 'write --config-add to attach a swarm config'],
  ['--config with a directory', createArgs('--config=/root/.docker'), '--config is given a directory'],
  ['--config with the home directory', createArgs('--config ~/.docker'), '--config is given a directory'],
  ['--env in update-args', updateArgs('--env=A=b'), 'docker service update has no --env: write --env-add'],
  ['--env-add in create-args', createArgs('--env-add=A=b'), 'docker service create has no --env-add: write --env'],
  [
    '--mount of a path of the runner',
    createArgs('--mount', 'type=bind,src=./data,dst=/data'),
    'the source "./data" of --mount is a path of this runner, and none of the nodes',
  ],
  [
    '--mount-add of a path of the runner',
    updateArgs('--mount-add=type=bind,"source=..",target=/data'),
    'the source ".." of --mount-add is a path of this runner',
  ],
  ['--mount in update-args', updateArgs('--mount=type=tmpfs,target=/t'), 'write --mount-add'],
  [
    'replicas twice',
    service('replicas: 2\nupdate-args: [--replicas=3]'),
    '`replicas` and the flag --replicas are both given',
  ],
  [
    'variable twice, by a flag',
    service(`env: {A: b}\nupdate-args: ["--env-add=A=${CANARY}"]`),
    'services: web: A is given both in `env` and by a flag',
  ],
  [
    'variable set and removed',
    service('env: {A: b}\nupdate-args: [--env-rm=A]'),
    'A is given both in `env` and by a flag',
  ],
  [
    'variable twice, by -e',
    service('image: nginx\ncreate: true\nenv: {A: b}\ncreate-args: [-e A=c]'),
    'A is given both in `env` and by a flag',
  ],

  // the rollout
  ['wait in words', { ...WEB, wait: 'yes' }, 'wait: "yes" is neither of the two allowed values: write true or false'],
  ['wait as a number', { ...WEB, wait: '1' }, 'wait: "1" is neither'],
  ['timeout without unit', { ...WEB, timeout: '600' }, 'timeout: 600 has no unit: write 600s'],
  [
    'timeout in words',
    { ...WEB, timeout: '10 minutes' },
    'timeout: "10 minutes" is no duration: write one such as 90s, 10m or 1h30m',
  ],
  ['negative timeout', { ...WEB, timeout: '-5m' }, 'timeout: "-5m" is no duration'],
  ['no timeout at all', { ...WEB, timeout: '0s' }, 'timeout: 0s is no time at all'],
  ['long timeout', { ...WEB, timeout: '25h' }, 'timeout: 25h is more than a day: write at most 24h'],
  ['endless timeout', { ...WEB, timeout: `${'9'.repeat(400)}h` }, 'is more than a day'],
  ['timeout of two lines', { ...WEB, timeout: '10m\n5m' }, 'timeout: "10m\\n5m" is no duration'],
  ['monitor without unit', { ...WEB, monitor: '30' }, 'monitor: 30 has no unit: write 30s'],
  ['no monitor at all', { ...WEB, monitor: '0s' }, 'monitor: 0s is no time at all'],
  ['monitor longer than timeout', { ...WEB, monitor: '15m' }, 'monitor: it is not shorter than `timeout`'],
  [
    'max-parallel 0',
    { ...WEB, 'max-parallel': '0' },
    'max-parallel: "0" is not allowed: write a whole number from 1 to 100',
  ],
  [
    'prepare with another word',
    { ...WEB, prepare: 'enuogh' },
    'prepare: "enuogh" is none of its words: did you mean enough? Write true, false, auto or enough',
  ],
  [
    'prepare of an entry with another word',
    { services: '- {name: web, image: nginx, prepare: all}' },
    'services: web: `prepare` (line 1): "all" is none of its words',
  ],
  ['max-parallel 101', { ...WEB, 'max-parallel': '101' }, 'max-parallel: "101" is not allowed'],
  [
    'a word of a closed set with a typo',
    { ...WEB, 'on-failure': 'keeep' },
    'on-failure: "keeep" is none of its words: did you mean keep? Write rollback, rollback-failed, keep or pause',
  ],
  [
    'a strategy with a typo',
    { ...WEB, strategy: 'bluegreen' },
    'strategy: "bluegreen" is none of its words: did you mean blue-green?',
  ],
  [
    'a flag of update as a key',
    service('image: nginx\nenv-rm: OLD'),
    'docker service update: write `--env-rm` in `update-args`',
  ],
  ['a flag that is of no use here as a key', service('image: nginx\ndetach: true'), 'use the input `wait`'],
  [
    'a key with a typo, without a list of thirty keys',
    service('image: nginx\nreplica: 2'),
    'unknown key "replica": did you mean `replicas`?',
  ],
  [
    'a path of credentials that is not there',
    { ...WEB, 'registries-file': 'secrets/registries.yml' },
    'registries-file secrets/registries.yml: there is no such file',
  ],
  [
    'fail-on-changes of a deploy',
    { ...WEB, 'fail-on-changes': 'true' },
    'fail-on-changes: it belongs to `mode: plan`, and this run would deploy: leave it out, or write `mode: plan`',
  ],
  ['mode of a variable that is not set', { ...WEB, mode: '' }, 'mode: it is empty, as a variable is that is not set'],
  [
    'mode of blanks',
    { ...WEB, mode: ' \n' },
    'mode: it is empty, as a variable is that is not set: write the mode, or',
  ],
  ...['host', 'context', 'only'].map((name): [string, Record<string, string>, string] => [
    `${name} of a secret that is not set, in a block`,
    { ...WEB, [name]: '  \n\n' },
    `${name}: only blanks are in it, as where a secret or variable is not set: set that, or leave the input out`,
  ]),
  ['mode that is none', { ...WEB, mode: 'deplyo' }, 'mode: "deplyo" is no mode: did you mean `deploy`?'],
  ['mode under another name', { ...WEB, mode: 'destroy' }, 'mode: "destroy" is no mode: write `remove`'],
  [
    'mode of another action',
    { ...WEB, mode: 'swarm' },
    'mode: "swarm" is no mode: leave it out: this action always deploys to a',
  ],
  ['mode of docker compose', { ...WEB, mode: 'up' }, 'mode: "up" is no mode: write `deploy`'],
  ['mode that shows logs', { ...WEB, mode: 'logs' }, 'mode: "logs" is no mode: write `status`'],
  ['mode of a dry run', { ...WEB, mode: 'dry-run' }, 'mode: "dry-run" is no mode: write `plan`'],
  [
    'monitor of another action',
    { ...WEB, monitor: 'true' },
    'monitor: true is no duration: leave it out: every deploy is watched',
  ],
  ['mode with a typo', { ...WEB, mode: 'Deplyo' }, 'mode: "Deplyo" is no mode: did you mean `deploy`?'],
  ['max-parallel in words', { ...WEB, 'max-parallel': 'many' }, 'max-parallel: "many" is not allowed'],
]

describe('what is wrong is said in one line, with the input and the remedy, and without the password', () => {
  test.each(REFUSED)('%s', (_what, inputs, said) => {
    const lines = problems(inputs, { TOKEN: CANARY })
    expect(lines).toHaveLength(1)
    const [line = ''] = lines
    expect(line).toContain(said)
    expect(line).not.toMatch(/[\r\n]/)
    expect(line).toMatch(REMEDY)
    expect(INPUTS).toContain(/^`?([a-z-]+)/.exec(line)?.[1])
    for (const form of FORMS) expect(line).not.toContain(form)
  })

  test('there are enough of them', () => {
    expect(REFUSED.length).toBeGreaterThan(60)
  })
})

describe('the password of a wrong text is masked all the same', () => {
  test.each([
    ['typo in its key', `- {registry: ghcr.io, username: bot, passwrod: %}`],
    ['wrong entry', `- {registry: ghcr.io, username: "a:b", password: %}`],
    ['no registry', `- {username: bot, password: %}`],
    ['broken YAML', `- registry: ghcr.io\n  password: "%\n`],
    ['broken YAML, quoted', `[{"registry": "ghcr.io", "password": "%", "username": "bot"`],
    ['broken YAML, in a block', `- registry: ghcr.io\n  password: |\n    %\n   username: {`],
    ['a colon in it', `- registry: ghcr.io\n  password: %: x`],
    ['a key of a mapping', `- {registry: ghcr.io, username: bot, password: {a: %}}`],
    ['an entry of text', `- ghcr.io bot %`],
    ['three columns', `ghcr.io bot %`],
    ['five columns', `a ghcr.io bot % more`],
    ['a wrong registry column', `a ghcr bot %`],
    ['a pasted address', `- {registry: "https://bot:%@ghcr.io", username: bot, password: x}`],
    ['a wrong registry in YAML', `ghcr.io: {username: bot, password: %}`],
  ])('%s', (_what, text) => {
    const password = `Mask-${Math.random().toString(36).slice(2)}`
    expect(problems(registries(text.replace('%', password))).length).toBeGreaterThan(0)
    expect(redact(`<${password}>`)).toBe('<***>')
  })
})

test('everything that is wrong comes out together, in the order of the inputs', () => {
  const lines = problems({
    registries: `a ghcr.io bot\n- broken ${CANARY}\nb docker.io b:t ${CANARY}`,
    'registries-file': 'missing',
    registry: 'ghcr.io',
    services: 'web: Nginx\napi: {replicas: many, env: [A], update-args: [--detach, word]}',
    wait: 'maybe',
    timeout: '600',
    monitor: '5',
    'max-parallel': '-1',
  })
  expect(lines.map((line) => line.slice(0, 34))).toEqual([
    'registries line 1: the line has 3 ',
    'registries line 2: the line has 3 ',
    'registries line 3: the username ha',
    'registries-file: there is no such ',
    '`registry` is given, but `username',
    'services: web (line 1): the image ',
    'services: api: `replicas` (line 2)',
    'services: api: `env` (line 2): ite',
    'services: api: `update-args`: item',
    'services: api: `update-args`: --de',
    'wait: "maybe" is neither of the tw',
    'timeout: 600 has no unit: write 60',
    'monitor: 5 has no unit: write 5s f',
    'max-parallel: "-1" is not allowed:',
  ])
})

const PASTED = `docker service create \\
  --name web \\
  --with-registry-auth --detach \\
  --env A=1 -d \\
  --publish 80:80 \\
  nginx:1.27 sh -c 'exec nginx' --help
`

const KEYS =
  'The name is in the key `name`, the image in `image`, the words for the container in `command`; credentials are in `registries`, and this action waits by itself'

test('of a pasted command one sentence says what to take out, and where that is written', () => {
  expect(problems(text(PASTED))).toEqual([
    `services: web: \`create-args\`: only the flags of the service belong here, and not the whole command: take out \`docker service create\`, --name, --with-registry-auth, --detach, -d and what stands behind the flags. ${KEYS}`,
  ])
})

test('files of a stack without its name are one error', () => {
  expect(problems({ 'compose-file': 'compose.yml' })).toEqual([
    '`compose-file` without `stack`: give the stack its name in `stack`',
  ])
})

test('the same of a command that is pasted as a list', () => {
  const items = ['docker service create', '--name web', '--publish 80:80', 'nginx:1.27', 'sh', '-c', 'exec nginx']
  expect(problems(createArgs(...items))).toEqual([
    `services: web: \`create-args\`: only the flags of the service belong here, and not the whole command: take out \`docker service create\`, --name and what stands behind the flags. ${KEYS}`,
  ])
})

test('what stands before the command in a script goes with it, and other mistakes are told beside it', () => {
  const script = `#!/bin/sh\nset -e\nsudo docker service create \\\n  --env TAG=$TAG --rollback \\\n  nginx:1.27\n`
  expect(problems(text(script))).toEqual([
    expect.stringMatching(/^services: web: `create-args`: line 4: nothing is expanded here: put `\$` in single quotes/),
    `services: web: \`create-args\`: only the flags of the service belong here, and not the whole command: take out all up to \`docker service create\` and what stands behind the flags. ${KEYS}`,
    expect.stringContaining('--rollback is not yours to give here'),
  ])
  expect(problems(text('docker service create --tty'))).toEqual([
    `services: web: \`create-args\`: only the flags of the service belong here, and not the whole command: take out \`docker service create\`. ${KEYS}`,
  ])
})

test('of a pasted script as a list the backslashes are told once', () => {
  const lines = ['docker service create \\', '--env A=1 \\', '--publish 80:80 \\', 'nginx:1.27']
  expect(problems(createArgs(...lines)).map((line) => line.slice(0, 60))).toEqual([
    'services: web: `create-args`: items end in a backslash, as l',
    'services: web: `create-args`: item 4: this word belongs to n',
  ])
})

function bomb(): string {
  const levels = 'abcdefghi'.split('').map((name, index, all) => {
    const item = index === 0 ? 'x' : `*${all[index - 1]}`
    return `- &${name} [${Array(9).fill(item).join(', ')}]`
  })
  return levels.join('\n')
}

/** Small and fast, the same junk in every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

describe('junk is taken or refused as the mistake of a user, never as ours', () => {
  const PIECES =
    '- |: |\n|\n  |\n    |\t|{|}|[|]|,|"|\'|#| |*a|&a |!t |<<: *a|registry: ghcr.io|username: bot|password: pw|password-env: HOME|password-file: /|config: c|name: web|image: nginx|env: |A=b|create: true|update-args: |--force|--env-add A=b|-e|replicas: 2|a b c d|web: nginx\n|---\n|%YAML 1.1\n|\0|\u2028|é|\r\n|__proto__: x|constructor: y|10m|true|\\|>|@|`'
      .split('|')
      .concat('|', '| \n')

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %d', (seed) => {
    const random = randomFrom(seed)
    const junk = () =>
      Array.from({ length: Math.floor(random() * 25) }, () => PIECES[Math.floor(random() * PIECES.length)]).join('')
    const names = [
      'registries',
      'registry',
      'username',
      'password',
      'services',
      'wait',
      'timeout',
      'monitor',
      'max-parallel',
    ]
    const wrong: string[] = []
    for (let run = 0; run < 150; run++) {
      const inputs = Object.fromEntries(names.map((name) => [name, random() < 0.5 ? '' : junk()]))
      const told = problems({ ...inputs, 'registries-file': random() < 0.1 ? junk() : '' })
      wrong.push(...told.filter((line) => line === '' || /[\r\n\0]/.test(line)))
    }
    expect(wrong).toEqual([])
  })
})

describe('what no CI has replaced is not taken for the value', () => {
  test.each([
    '$(GHCR_TOKEN)',
    '%GHCR_TOKEN%',
    '%env.GHCR_TOKEN%',
    '$[[ inputs.token ]]',
    '{{ token }}',
    '<< pipeline.token >>',
  ])('as password: %s', (reference) => {
    expect(problems({ ...WEB, username: 'bot', password: reference })).toEqual([
      expect.stringMatching(
        /^`password` has the form of `.*replaces?\b.*: it would be sent as the password itself: write /,
      ),
    ])
  })

  test.each(['$CI_REGISTRY_USER', '${CI_REGISTRY_USER}', '$(registryUser)', '%REGISTRY_USER%'])(
    'as username: %s',
    (reference) => {
      expect(problems({ ...WEB, username: reference, password: CANARY })).toEqual([
        expect.stringMatching(/^username, password: the username has the form of `.*: write the name itself$/),
      ])
    },
  )

  test.each(['bot\u200b', '\ufeffbot', 'b\u2060ot'])(
    'nor is a sign that cannot be seen part of a username: %j',
    (username) => {
      // What a runner trims is gone already.
      const before = `x${username}`
      expect(problems({ ...WEB, username: before, password: CANARY })).toEqual([
        'username, password: the username has a sign in it that cannot be seen: type it anew',
      ])
    },
  )

  test.each(['$oauthtoken', 'robot$shop+CI', '100%'])('but a username may be %s', (username) => {
    expect(problems({ ...WEB, username, password: CANARY })).toEqual([])
  })

  test.each(['$SSH_KEY', '$(sshKey)', '${{ secrets.SSH_KEY }}'])('as key: %s', (reference) => {
    const pin = `SHA256:${'A'.repeat(43)}`
    expect(problems({ ...WEB, host: 'ssh://h', 'ssh-known-hosts': pin, 'ssh-key': reference })).toEqual([
      expect.stringMatching(/^ssh-key: it has the form of `.*: nothing has put the key in its place$/),
    ])
  })
})
