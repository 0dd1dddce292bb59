import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { documented } from '../../../src/command/action-file.ts'
import { describedFor, helpText } from '../../../src/command/help.ts'
import { flagOf, flagsOfMode, isSwitch, SECRETS } from '../../../src/command/known.ts'
import { MODE_NAMES } from '../../../src/inputs/mode.ts'

const action = readFileSync('action.yml', 'utf8')
const inputs = documented(action, 'inputs')
const flagsIn = (help: string) => [...help.matchAll(/^ {2}--(?:no-)?([\w-]+)/gm)].map(([, name]) => name)

test.each(MODE_NAMES)('%s shows the inputs that it takes, in the order of action.yml and under headings', (mode) => {
  const help = helpText(mode, action, 80)
  const taken = describedFor(mode, inputs).filter(({ name }) => flagsOfMode(mode).includes(name))
  expect(taken.length).toBeGreaterThan(3)
  const own = ['output', 'output-file', 'summary-file', 'help']
  expect(flagsIn(help)).toEqual([...taken.map(({ name }) => flagOf(name)), ...own])
  for (const group of new Set(taken.map(({ group }) => group))) expect(help).toContain(`\n${group}:\n`)
  expect(help).toContain(`Usage: swarm-deploy ${mode} `)
})

test('a mode does not show what it does not take', () => {
  expect(flagsIn(helpText('login', action, 80))).toContain('pull-secret')
  expect(flagsIn(helpText('login', action, 80))).not.toContain('stack')
  expect(flagsIn(helpText('deploy', action, 80))).not.toContain('pull-secret')
})

test.each(['refresh-auth', 'status', 'history', 'rollback', 'remove'] as const)(
  '%s says what services and stack are to it, and nothing of what only a deploy takes',
  (mode) => {
    const help = helpText(mode, action, 80)
    expect(help).not.toMatch(/What to deploy|create-args|compose files/)
    expect(help).toMatch(/ {2}--services VALUE\.\.\.\n {6}The names of services/)
  },
)

test('its exit codes are those of the page', () => {
  const [, told = ''] = helpText('deploy', action, 200).split('Exit codes: ')
  const page = readFileSync('docs/shell.md', 'utf8')
  const codes = (text: string, code: RegExp) => [...text.matchAll(code)].map(([, one]) => one)
  expect(codes(told, /(\d+) \w/g)).toEqual(codes(page, /^\| `(\d+)` \|/gm))
})

test('how a flag is written follows from the input', () => {
  const help = helpText('deploy', action, 80)
  expect(help).toContain('\n  --no-wait, --wait=false\n')
  expect(help).toContain('\n  --lock[=VALUE]\n')
  expect(help).toContain('\n  --compose-file PATH...\n')
  expect(help).toContain('\n  --dotenv PATH...\n')
  expect(help).toContain('\n  --password @FILE|-   (or the variable SWARM_DEPLOY_PASSWORD)\n')
  expect(help).toContain('(default: 10m)')
})

test.each([[40], [80], [200]])('of %d columns it takes no more, and no Markdown is left', (columns) => {
  for (const mode of [undefined, ...MODE_NAMES]) {
    const help = helpText(mode, action, columns)
    const words = help.split('\n').filter((line) => line.length > Math.min(columns, 100) && line.trim().includes(' '))
    // A usage line is never broken: it is copied.
    expect(words.filter((line) => !/^(Usage| {2}--| {2}swarm-deploy)/.test(line))).toEqual([])
    expect(help).not.toMatch(/`|\]\(/)
  }
})

test('secrets and switches are inputs that there are', () => {
  const names = inputs.map(({ name }) => name)
  expect(SECRETS.filter((name) => !names.includes(name))).toEqual([])
  expect(names.filter(isSwitch)).toEqual(
    inputs.filter((one) => /^(true|false)$/.test(one.default ?? '')).map((one) => one.name),
  )
})
