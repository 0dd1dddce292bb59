import { describe, expect, test } from '@jest/globals'
import { type Asked, optionsIn, parseArguments } from '../../../src/command/arguments.ts'
import { InputErrors } from '../../../src/errors.ts'

/** What a run was asked for, with values as a shell user thinks of them. */
function run(...words: string[]) {
  const asked = parseArguments(words)
  if (asked.kind !== 'run') throw new Error(`it asks for ${asked.kind}`)
  const texts = [...asked.inputs].map(([name, values]) => [name, values.map(({ from, text }) => `${from} ${text}`)])
  return { mode: asked.mode, inputs: Object.fromEntries(texts), options: Object.fromEntries(optionsIn(words, {})) }
}

function problemsOf(...words: string[]): readonly string[] {
  try {
    parseArguments(words)
  } catch (error) {
    if (error instanceof InputErrors) return error.problems
    throw error
  }
  return []
}

test('the first word is the mode, and flags are named after inputs, with their value behind a blank or a =', () => {
  expect(run('plan', '--stack', 'shop', '--timeout=90s', '--compose_file', 'a.yml')).toEqual({
    mode: 'plan',
    inputs: { stack: ['word shop'], timeout: ['word 90s'], 'compose-file': ['word a.yml'] },
    options: {},
  })
  expect(run('deploy', '--services', '- {name: web}', '--stack=').inputs).toEqual({
    services: ['word - {name: web}'],
    stack: ['word '],
  })
  expect(run()).toEqual({ mode: undefined, inputs: {}, options: {} })
})

test.each([
  [['--lock'], { lock: ['word true'] }],
  [['--lock', '--prune'], { lock: ['word true'], prune: ['word true'] }],
  [['--lock', 'false'], { lock: ['word false'] }],
  [['--lock=false'], { lock: ['word false'] }],
  [['--no-lock'], { lock: ['word false'] }],
  [['--no-wait'], { wait: ['word false'] }],
  [['--prepare'], { prepare: ['word true'] }],
  [['--prepare', 'enough', '--lock'], { prepare: ['word enough'], lock: ['word true'] }],
])('a switch needs no value: %j', (words, inputs) => {
  expect(run('deploy', ...words).inputs).toEqual(inputs)
})

test('the flag of `env-file` has another name, for Node has one of that', () => {
  expect(run('deploy', '--dotenv', 'a.env', '--dotenv=b.env').inputs).toEqual({
    'env-file': ['word a.env', 'word b.env'],
  })
})

test('a list is given by repeating its flag, and a value by a file or by standard input', () => {
  expect(run('deploy', '--compose-file', 'a.yml', '--compose-file', '@b.yml').inputs).toEqual({
    // A path is a path, whatever it begins with.
    'compose-file': ['word a.yml', 'word @b.yml'],
  })
  expect(run('deploy', '--services', '@services.yml', '--registries', '-').inputs).toEqual({
    services: ['file services.yml'],
    registries: ['stdin '],
  })
  expect(run('deploy', '--ssh-key', '@~/key', '--password', '-').inputs).toEqual({
    'ssh-key': ['file ~/key'],
    password: ['stdin '],
  })
})

test.each<[string[], Partial<Asked>]>([
  [['--help'], { kind: 'help', mode: undefined }],
  [['-h'], { kind: 'help' }],
  [['help', 'plan'], { kind: 'help', mode: 'plan' }],
  [['deploy', '--stack', 'shop', '--help'], { kind: 'help', mode: 'deploy' }],
  [['dploy', '--help'], { kind: 'help', mode: undefined }],
  [['--version'], { kind: 'version' }],
])('%j', (words, asked) => {
  expect(parseArguments(words)).toMatchObject(asked)
})

test('the options of the command are known whatever else is wrong, by flags and else by variables', () => {
  const env = { SWARM_DEPLOY_OUTPUT: 'json', PLUGIN_SUMMARY_FILE: 's.md', SWARM_DEPLOY_OUTPUT_FILE: ' ' }
  const given = (...words: string[]) => Object.fromEntries(optionsIn(words, env))
  expect(given('deploy', '--stak')).toEqual({ output: 'json', 'summary-file': 's.md' })
  expect(given('--output_file=o.json', '--SUMMARY-FILE', 'b.md', '--', '--output=x')).toEqual({
    output: 'json',
    'summary-file': 'b.md',
    'output-file': 'o.json',
  })
  expect(Object.fromEntries(optionsIn(['--output', 'xml'], {}))).toEqual({})
})

test('a secret that begins like a flag is not shown', () => {
  const [problem, ...others] = problemsOf('deploy', '--password', '-Pa55word')
  expect(problem).toMatch(/^--password: its value is missing: write it to the variable SWARM_DEPLOY_PASSWORD/)
  expect([problem, ...others].join()).not.toContain('Pa55')
})

test('the options of the command are none of the inputs', () => {
  expect(run('plan', '--output', 'json', '--summary-file=s.md', '--output-file', 'o.json')).toMatchObject({
    inputs: {},
    options: { output: 'json', 'summary-file': 's.md', 'output-file': 'o.json' },
  })
})

describe('what is refused', () => {
  test('a line of docker in our place: each thing that is wrong once', () => {
    expect(problemsOf('stack', 'deploy', '-c', 'compose.yml', 'shop')).toEqual([
      expect.stringMatching(/^"stack" is no mode/),
      'a word belongs to no flag: the mode comes first and alone, a stack as `--stack NAME`, services as `--services`, and a value with blanks needs quotes',
      expect.stringMatching(/write --compose-file$/),
    ])
  })

  test.each([
    [
      ['--password', 'geheim-7Qx'],
      /--password: a secret does not belong .* SWARM_DEPLOY_PASSWORD.*--password-file FILE/,
    ],
    [['--password=geheim-7Qx'], /--password: a secret/],
    [['--ssh-key', 'geheim-7Qx'], /--ssh-key @FILE\) or standard input/],
    [['--ssh-passphrase', 'geheim-7Qx'], /SWARM_DEPLOY_SSH_PASSPHRASE/],
    [['--tls-key', 'geheim-7Qx'], /--tls-key @FILE/],
    [['--registries', '- {registry: a, username: b, password: geheim-7Qx}'], /password-env or password-file/],
    [['--registries', 'main ghcr.io bot geheim-7Qx'], /--registries-file FILE/],
    [['--docker-config', '{"auths": {"ghcr.io": {"auth": "geheim-7Qx"}}}'], /env:NAME/],
    [['--passwrd', 'geheim-7Qx'], /did you mean `--password`/],
    [['--lock', 'true', 'geheim-7Qx'], /a word belongs to no flag/],
    [['--password=geheim-7Qx', 'geheim-7Qx'], /a word behind --password=… belongs to no flag/],
  ])('%j: a secret is not taken, and not shown', (words, problem) => {
    const problems = problemsOf('deploy', ...words)
    expect(problems).toContainEqual(expect.stringMatching(problem))
    expect(problems.join()).not.toContain('geheim')
  })

  test.each([
    ...[['—stack', 'shop'], ['–stack=shop'], ['–-stack', 'shop'], ['−−stack', 'shop'], ['-–stack', 'shop']].map(
      (words): [string[], string] => [
        ['deploy', ...words],
        'a word begins with a dash that only looks like two of -, as in text from a web page: write --stack shop',
      ],
    ),
    [['deploy', '--stak', 'shop'], '--stak: there is no such flag: did you mean `--stack`?'],
    [['deploy', '--file', 'c.yml'], '--file: there is no such flag: did you mean `--compose-file`?'],
    [['deploy', '--env-fil', 'a.env'], '--env-fil: there is no such flag: did you mean `--dotenv`?'],
    [['deploy', '--dot-env', 'a.env'], '--dot-env: there is no such flag: did you mean `--dotenv`?'],
    [['deploy', '--dotenv'], '--dotenv: its value is missing'],
    [['deploy', '--dotenv', '-'], '--dotenv: it is a path, and no content: write the path of a file'],
    [['deploy', '--outptu', 'json'], '--outptu: there is no such flag: did you mean `--output`?'],
    [['deploy', '--diff'], '--diff: there is no such flag: write the mode as the first word: `plan`'],
    [['deploy', '--detach'], /--detach: there is no such flag: write `wait: false`/],
    [['deploy', '--qwertyuiop'], '--qwertyuiop: there is no such flag: all of them are shown by --help'],
    [['deploy', '--aB3dE5fG7hJ9kL1mN2pQ4rS6'], '--***: there is no such flag: all of them are shown by --help'],
    [['dploy'], '"dploy" is no mode: did you mean `deploy`?'],
    [['deploy', '--mode', 'plan'], '--mode: the first word, `deploy`, says another one: leave one of the two out'],
    [['deploy', '--stack'], '--stack: its value is missing'],
    [['deploy', '--stack', '--lock'], '--stack: its value is missing: where it really is --lock, write --stack=…'],
    [['deploy', '--stack', 'a', '--stack', 'b'], '--stack: it is given twice: write it once'],
    [['deploy', '--no-lock=true'], '--no-lock: it takes no value: write --lock=true or --no-lock'],
    [['deploy', '--compose-file', '-'], '--compose-file: it is a path, and no content: write the path of a file'],
    [['deploy', '--services', '@'], '--services: behind the @ the path of a file is missing'],
    [['deploy', '--services', '-', '--images', '-'], /--images: --services reads standard input already/],
    [['deploy', '--output', 'yaml'], '--output: "yaml" is no form: write json, or leave it out'],
    [['deploy', '--output-file', ''], '--output-file: its value is empty: write the path of a file, or leave it out'],
    [
      ['deploy', '--host', ''],
      '--host: its value is empty, as a variable is that is not set: set that, or leave the flag out',
    ],
    [['deploy', '--host='], /^--host: its value is empty/],
    [['deploy', '--context', ' '], /^--context: its value is empty/],
    [['deploy', '--only', ''], /^--only: its value is empty/],
    [['deploy', '-c', 'c.yml'], '"-c": there are no short flags: write --compose-file'],
    [['deploy', '-H=ssh://h'], '"-H": there are no short flags: write --host'],
    [['deploy', '-v'], '"-v": there are no short flags: write the name of an input, such as --stack shop'],
  ])('%j', (words, problem) => {
    expect(problemsOf(...words)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
  })
})
