import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { fingerprint, sameSpec } from '../../../src/docker/specs/spec-comparison.ts'
import { specDifference } from '../../../src/docker/specs/spec-difference.ts'
import { numbered, numberOf } from '../../../src/plan/write-number.ts'
import { WRITE_LABEL } from '../../../src/runner/own-labels.ts'
import { createSpec } from '../../support/builders.ts'

const labelled = (text: string) => createSpec({ Labels: { team: 'a', [WRITE_LABEL]: text } })

test('each write has one number more than what it is written over', () => {
  const first = numbered(createSpec({ Labels: { team: 'a' } }))
  expect(first.Labels).toEqual({ team: 'a', [WRITE_LABEL]: '1' })
  expect(numberOf(numbered(createSpec(), first))).toBe(2)
  // Whatever number the wanted spec was made with.
  expect(numberOf(numbered(labelled('7'), createSpec()))).toBe(1)
  expect(numberOf(numbered(labelled('7')))).toBe(1)
})

test.each(['', '0', '-1', '1.5', '1e3', ' 1', 'one', '9'.repeat(40)])('%j is no number of ours', (text) => {
  expect(numberOf(labelled(text))).toBeUndefined()
  expect(numberOf(numbered(createSpec(), labelled(text)))).toBe(1)
})

test('the number is no difference between two specs', () => {
  const [one, other, none] = [labelled('1'), labelled('2'), createSpec({ Labels: { team: 'a' } })]
  for (const spec of [other, none]) {
    expect([sameSpec(one, spec), fingerprint(one) === fingerprint(spec)]).toEqual([true, true])
    expect(specDifference(one, spec)).toEqual([])
  }
  expect(sameSpec(one, createSpec({ Labels: { team: 'b', [WRITE_LABEL]: '1' } }))).toBe(false)
})

test('no write to a service that is deployed goes by another way than that which numbers it', () => {
  const source = join(import.meta.dirname, '../../../src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const having = (text: RegExp) =>
    files.filter((path) => text.test(readFileSync(join(source, path), 'utf8'))).toSorted()
  // The services by which nodes pull are there for a while only.
  const ofPulls = 'prepare/follow.ts'
  // A job that is told to end is gone right after.
  const beforeItIsRemoved = 'docker/swarm/service-removal.ts'
  const others = ['docker/specs/spec-update.ts', beforeItIsRemoved, ofPulls]
  expect(having(/\bupdateSpec\(/)).toEqual([...others, 'rollout/send/write-spec.ts'])
  expect(having(/\bpost\b.*services\/create/)).toEqual([
    'prepare/passing-services.ts',
    'rollout/send/create-service.ts',
  ])
  // Swarm's own rollback takes no spec from us.
  expect(having(/services\/\$\{[^}]*\}\/update/)).toEqual(['docker/specs/spec-update.ts', 'modes/aftermath.ts'])
})
