import { describe, expect, test } from '@jest/globals'
import { changedParts, fingerprint, sameSpec } from '../../../../src/docker/specs/spec-comparison.ts'
import { bareSpec, type Ids, MODES, specKeys, withValue } from '../../../support/spec-forms.ts'

const IDS: Ids = { network: 'n1', host: 'n0', secrets: ['s1', 's2'], configs: ['c1', 'c2'] }

/** The same keys go to real daemons and back in `swarm/round-trip.test.ts`. */
describe.each(MODES)('every key of the spec of a %s service', (mode) => {
  const keys = specKeys(IDS).filter(({ modes }) => modes?.includes(mode) ?? true)
  test.each(keys.map((key, index) => [`${key.path} (${index})`, key] as const))('%s', (_, { path, forms }) => {
    const specs = forms.map((same) =>
      same.map((form) => {
        const spec = withValue(bareSpec(mode), path, form)
        return { spec, print: fingerprint(spec) }
      }),
    )
    const wrong = specs.flatMap((same, at) => {
      const [first = { spec: bareSpec(mode), print: '' }] = same
      const saidSame = ({ spec, print }: typeof first) => [
        sameSpec(first.spec, spec),
        changedParts(first.spec, spec).length === 0,
        print === first.print,
      ]
      return [
        ...same.filter((one) => saidSame(one).includes(false)),
        ...specs.slice(at + 1).flatMap((others) => others.filter((one) => saidSame(one).includes(true))),
      ]
    })
    expect(wrong).toEqual([])
  })
})
