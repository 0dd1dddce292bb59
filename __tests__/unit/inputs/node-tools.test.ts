import { afterEach, expect, jest, test } from '@jest/globals'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { inputVariables, problemsIn } from '../../support/inputs.ts'

const printed: string[] = []
afterEach(() => {
  jest.restoreAllMocks()
  printed.length = 0
})

function read(inputs: Readonly<Record<string, string>>) {
  jest.spyOn(process.stdout, 'write').mockImplementation((piece) => printed.push(String(piece)) > 0)
  return readInputs(inputVariables({ services: 'web: hub.test/web:1', ...inputs }), STRATEGY_INPUTS)
}

function problems(inputs: Readonly<Record<string, string>>): readonly string[] {
  return problemsIn(() => read(inputs))
}

test('images are pruned when that is asked for, by the docker CLI unless told', () => {
  expect(read({}).pruneImages).toBeUndefined()
  expect(read({ 'prune-images': 'true' }).pruneImages?.toolsImage).toEqual({
    registry: 'docker.io',
    repository: 'library/docker',
    tag: 'cli',
  })
  const own = read({ 'prune-images': 'true', 'node-tools-image': 'hub.test/docker:28-cli' })
  expect(own.pruneImages?.toolsImage).toEqual({ registry: 'hub.test', repository: 'docker', tag: '28-cli' })
  expect(printed.join('')).toBe('')
})

test('an image that nothing is done with is told', () => {
  read({ 'node-tools-image': 'hub.test/docker:28-cli' })
  expect(printed.join('')).toContain('node-tools-image: it only counts with `prune-images: true`, and is not used')
})

test('what cannot be is refused', () => {
  expect(problems({ 'prune-images': 'true', wait: 'false' })).toEqual([
    expect.stringMatching(/^prune-images: with `wait: false` nobody sees whether the deploy succeeds/),
  ])
  expect(problems({ 'prune-images': 'perhaps' })).toEqual([expect.stringMatching(/^prune-images: /)])
  expect(problems({ 'prune-images': 'true', 'node-tools-image': 'Docker:' })).toEqual([
    expect.stringMatching(/^node-tools-image: the image name/),
  ])
})

test.each(['refresh-auth', 'login'])('with `mode: %s` it is refused', (mode) => {
  expect(problems({ mode, 'prune-images': 'true' })).toContainEqual(
    expect.stringMatching(/^prune-images: it belongs to `mode: deploy`/),
  )
})
