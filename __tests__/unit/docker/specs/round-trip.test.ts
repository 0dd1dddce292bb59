import { describe, expect, test } from '@jest/globals'
import { changedParts, fingerprint, sameSpec } from '../../../../src/docker/specs/spec-comparison.ts'
import { bareSpec, type Ids, MODES, specKeys, withValue } from '../../../support/spec-forms.ts'

const IDS: Ids = { network: 'n1', host: 'n0', secrets: ['s1', 's2'], configs: ['c1', 'c2'] }

/** The same keys go to real daemons and back in `swarm/round-trip.test.ts`. */
describe.each(MODES)('every key of the spec of a %s service', (mode) => {
  const keys = specKeys(IDS).filter(({ modes }) => modes?.includes(mode) ?? true)
  test.each(keys.map((key, index) => [`${key.path} (${index})`, key] as const))('%s', (_, { path, forms }) => {
    const specs = forms.map((same) => same.map((form) => withValue(bareSpec(mode), path, form)))
    specs.forEach((same, at) => {
      const [first = bareSpec(mode)] = same
      for (const spec of same) {
        expect([spec, sameSpec(first, spec), changedParts(first, spec)]).toEqual([spec, true, []])
        expect(fingerprint(spec)).toBe(fingerprint(first))
      }
      for (const other of specs.slice(at + 1).flat()) {
        expect([first, other, sameSpec(first, other)]).toEqual([first, other, false])
        expect(changedParts(first, other)).not.toEqual([])
        expect(fingerprint(other)).not.toBe(fingerprint(first))
      }
    })
  })
})
