import { expect, test } from '@jest/globals'
import { asInputs, readSettings } from '../../../src/command/settings.ts'

/** The inputs that a run gets, by their names. */
function inputsOf(env: Record<string, string>, flags: Record<string, string> = {}) {
  const all = asInputs(env, readSettings(env), new Map(Object.entries(flags)))
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (name.startsWith('INPUT_') ? [[name.slice(6), value]] : [])),
  )
}

test('a flag goes first, then the variable of a shell, then the setting of a plugin, then the input of a runner', () => {
  const all = { SWARM_DEPLOY_STACK: 'shell', PLUGIN_STACK: 'plugin', INPUT_STACK: 'runner' }
  expect(inputsOf(all, { stack: 'flag' })).toEqual({ STACK: 'flag' })
  expect(inputsOf(all)).toEqual({ STACK: 'shell' })
  expect(inputsOf({ ...all, SWARM_DEPLOY_STACK: '' })).toEqual({ STACK: 'plugin' })
  expect(inputsOf({ INPUT_STACK: 'runner' })).toEqual({ STACK: 'runner' })
})

test('names have underscores for dashes, and a variable that is an input is nobody else’s', () => {
  const env = {
    SWARM_DEPLOY_SSH_KEY: 'key',
    PLUGIN_COMPOSE_FILE: 'c.yml',
    SWARM_DEPLOY_SUMMARY_FILE: 's.md',
    HOME: '/h',
  }
  const settings = readSettings(env)
  expect(asInputs(env, settings, new Map())).toEqual({
    'INPUT_SSH-KEY': 'key',
    'INPUT_COMPOSE-FILE': 'c.yml',
    HOME: '/h',
  })
})

test('what is wrong with a variable of the command itself is told by its name', () => {
  expect(() => readSettings({ SWARM_DEPLOY_OUTPUT: 'xml' })).toThrow(
    'SWARM_DEPLOY_OUTPUT: "xml" is no form: write json, or leave it out',
  )
})

test('an empty variable is none, but an empty mode or dry-run stays one: who meant to look must not change anything', () => {
  expect(inputsOf({ SWARM_DEPLOY_DRY_RUN: '', PLUGIN_ONLY: '' })).toEqual({ 'DRY-RUN': '' })
  expect(inputsOf({ SWARM_DEPLOY_MODE: '', SWARM_DEPLOY_STACK: '', PLUGIN_TIMEOUT: ' ' })).toEqual({ MODE: '' })
})

// As pipeline/frontend/yaml/compiler/settings/params.go of Woodpecker writes them.
test.each([
  ['compose_file', 'base.yml,prod.yml', 'COMPOSE-FILE', 'base.yml\nprod.yml'],
  ['host', 'ssh://a@m1,ssh://a@m2', 'HOST', '["ssh://a@m1","ssh://a@m2"]'],
  ['ssh_jump', 'a@j1,b@j2', 'SSH-JUMP', 'a@j1,b@j2'],
  ['services', 'web: img:1,api: img:2', 'SERVICES', 'web: img:1\napi: img:2'],
  ['services', '{"web":"img:1"}', 'SERVICES', '{"web":"img:1"}'],
  ['services', '[{"name":"web","image":"img:1"}]', 'SERVICES', '[{"name":"web","image":"img:1"}]'],
  ['services', '- {name: web, image: img}\n', 'SERVICES', '- {name: web, image: img}\n'],
  ['update_config', '{"order":"start-first"}', 'UPDATE-CONFIG', '{"order":"start-first"}'],
  ['lock', 'true', 'LOCK', 'true'],
  ['password', 'a,b', 'PASSWORD', 'a,b'],
])('the setting %s: %j', (setting, value, input, read) => {
  expect(inputsOf({ [`PLUGIN_${setting.toUpperCase()}`]: value })).toEqual({ [input]: read })
})

test.each([
  [{ SWARM_DEPLOY_STAK: 'x' }, /^SWARM_DEPLOY_STAK: there is no such input: did you mean `stack`\?/],
  [{ SWARM_DEPLOY_SERVICE: 'web: x' }, /^SWARM_DEPLOY_SERVICE: there is no such input: did you mean `services`\?/],
  [{ SWARM_DEPLOY_DOTENV: 'a.env' }, /^SWARM_DEPLOY_DOTENV: there is no such input: did you mean `env-file`\?/],
  [{ SWARM_DEPLOY_IMAGE: 'web:1' }, /^SWARM_DEPLOY_IMAGE: there is no such input: .*`image` is a key of an entry/],
  [{ CI: 'woodpecker', PLUGIN_STAK: 'x' }, /^PLUGIN_STAK: there is no such input: did you mean `stack`\?/],
  [{ 'SWARM_DEPLOY_p&ss!': 'x' }, /^SWARM_DEPLOY_\*\*\*: there is no such input: leave it out/],
  [{ DRONE: 'true', PLUGIN_STAK: 'x' }, /^PLUGIN_STAK: /],
])('%j is told', (env, problem) => {
  expect(() => readSettings(env)).toThrow(problem)
})

test.each([
  { PLUGIN_STAK: 'x' },
  // In a check that calls this program itself.
  { SWARM_DEPLOY_RUN: 'swarm-deploy-1', SWARM_DEPLOY_SERVICE: 'web', SWARM_DEPLOY_IMAGE: 'web:1' },
  { SWARM_DEPLOY_PROBE: 'x' },
  { SWARM_DEPLOY_STAK: '' },
])('%j is none of ours', (env) => {
  expect(readSettings(env).variables).toEqual([])
})
