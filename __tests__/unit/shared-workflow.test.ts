import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { documented } from '../../scripts/readme-tables.ts'
import { SHARED, type Workflow } from '../support/documents.ts'

/** The workflow of the examples that others call: what it declares, held to the action and to its caller. */

interface Shared extends Workflow {
  readonly on: {
    readonly workflow_call: Required<Workflow['on']>['workflow_call'] & {
      readonly secrets: Readonly<Record<string, { readonly required?: boolean }>>
      readonly outputs: Readonly<Record<string, { readonly value: string }>>
    }
  }
}

interface Call {
  readonly uses: string
  readonly with: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, string>>
}

const text = readFileSync(SHARED.path, 'utf8')
const { on, jobs } = parse(text) as Shared
const { inputs, secrets, outputs } = on.workflow_call
const action = readFileSync('action.yml', 'utf8')
const inputsOfAction = documented(action, 'inputs')
const step = jobs.deploy?.steps?.find((one) => String(one.uses).startsWith('OWNER/swarm-deploy@')) as {
  readonly with: Readonly<Record<string, string>>
}
const caller = parse(readFileSync('examples/shared-deploy-caller.yml', 'utf8')) as { jobs: { deploy: Call } }

/** Those that it does not pass on, but has for itself. */
const ITS_OWN = ['environment', 'version']

test('each input has its own name in action.yml, the default there, and reaches the action', () => {
  const passed = Object.entries(inputs).filter(([name]) => !ITS_OWN.includes(name))
  expect(passed.length).toBeGreaterThan(3)
  for (const [name, { default: fallback, type }] of passed) {
    const input = inputsOfAction.find((one) => one.name === name)
    expect([name, input?.default ?? '']).toEqual([name, String(fallback)])
    expect(type).toBe(['true', 'false'].includes(input?.default ?? '') ? 'boolean' : 'string')
    expect(step.with[name]).toBe(`\${{ inputs.${name} }}`)
  }
})

test('all that it names is declared, and all that is declared is used', () => {
  const named = (context: string) => {
    const found = [...text.matchAll(new RegExp(`\\b${context}\\.([\\w-]+)`, 'g'))].map(([, name]) => name)
    return [...new Set(found)].toSorted()
  }
  expect(named('inputs')).toEqual(Object.keys(inputs).toSorted())
  expect(named('secrets')).toEqual(Object.keys(secrets).toSorted())
})

test('its outputs are some of the action', () => {
  const known = documented(action, 'outputs').map(({ name }) => name)
  expect(known).toEqual(expect.arrayContaining(Object.keys(outputs)))
  const { outputs: ofJob } = jobs.deploy as unknown as { outputs: Record<string, string> }
  for (const [name, { value }] of Object.entries(outputs)) {
    expect(value).toBe(`\${{ jobs.deploy.outputs.${name} }}`)
    expect(ofJob[name]).toBe(`\${{ steps.deploy.outputs.${name} }}`)
  }
})

test('its caller gives what it has to, and nothing else', () => {
  const { uses, with: given, secrets: handed } = caller.jobs.deploy
  expect(uses).toBe(SHARED.address)
  const required = (of: Readonly<Record<string, { readonly required?: boolean }>>) =>
    Object.keys(of).filter((name) => of[name]?.required)
  expect(Object.keys(given)).toEqual(expect.arrayContaining(required(inputs)))
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)))
  expect(Object.keys(handed)).toEqual(required(secrets))
})
