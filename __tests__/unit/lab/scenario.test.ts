import { expect, test } from '@jest/globals'
import { deployOf, isJob, PLAIN, STAGES, scenarioOf } from '../../../lab/faults/scenario.ts'

const SERIES = Array.from({ length: 400 }, (_, number) => scenarioOf(7, number))

test('a scenario is the same each time, and others are others', () => {
  expect(SERIES[5]).toEqual(scenarioOf(7, 5))
  expect(new Set(SERIES.map((one) => JSON.stringify({ ...one, number: 0 }))).size).toBeGreaterThan(390)
  expect(scenarioOf(8, 5)).not.toEqual({ ...scenarioOf(7, 5), seed: 8 })
})

test('a series has everything that can go wrong', () => {
  const faults = SERIES.flatMap((scenario) => scenario.faults)
  const kinds = [...new Set(faults.map(({ kind, what }) => `${kind} ${what}`))]
  expect(kinds).toHaveLength(3 + 7 + 4 + 6 + 2)
  expect(new Set(faults.map(({ at }) => at.stage))).toEqual(new Set(STAGES))
  const services = SERIES.flatMap((scenario) => scenario.services)
  expect(new Set(services.map(({ strategy }) => strategy)).size).toBe(4)
  expect(new Set(services.map(({ behaviour }) => behaviour)).size).toBe(6)
  expect(new Set(services.map(({ mode }) => mode)).size).toBe(4)
})

test('nothing is asked for that is refused before it begins', () => {
  const services = SERIES.flatMap((scenario) => (scenario.shape === 'services' ? scenario.services : []))
  const canaries = services.filter(({ strategy }) => strategy === 'canary')
  expect(canaries.every(({ before }) => before === undefined || before > 1)).toBe(true)
  expect(services.filter(isJob).every(({ strategy }) => strategy === 'rolling')).toBe(true)
})

test('a series has everything that can be asked for', () => {
  const asked = SERIES.map(({ asks }) => asks)
  expect(new Set(asked.map(({ run }) => run)).size).toBe(4)
  for (const key of Object.keys(PLAIN) as (keyof typeof PLAIN)[]) {
    expect(new Set(asked.map((one) => JSON.stringify(one[key]))).size).toBeGreaterThan(1)
  }
})

test('a scenario without what else may be asked for is that of the same number', () => {
  expect(deployOf(7, 5)).toMatchObject({ asks: PLAIN, shape: scenarioOf(7, 5).shape, hosts: scenarioOf(7, 5).hosts })
})
