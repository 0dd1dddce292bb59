import { expect, test } from '@jest/globals'
import { sharingTemplates } from '../../../../src/docker/specs/shared-templates.ts'
import { createService, createSpec } from '../../../support/builders.ts'

const known = createSpec({ Name: 'web', Labels: { write: '1' } })
const copy = JSON.parse(JSON.stringify({ ...known, Labels: { write: '2' } })) as typeof known
const other = { ...copy, TaskTemplate: { ...copy.TaskTemplate, ForceUpdate: 7 } }

test('an equal template is not kept twice, and all else is as it was read', () => {
  const read = createService({ ID: 'web', Spec: copy, PreviousSpec: other })
  const { Spec, PreviousSpec } = sharingTemplates(read, [undefined, known])
  expect(Spec).toEqual(copy)
  expect(Spec.TaskTemplate).toBe(known.TaskTemplate)
  expect(PreviousSpec).toBe(other)
  expect(sharingTemplates(read, [known, other]).PreviousSpec?.TaskTemplate).toBe(other.TaskTemplate)
})

test('a service without a spec before gets none', () => {
  expect(sharingTemplates(createService({ Spec: copy }), [known])).not.toHaveProperty('PreviousSpec')
})
