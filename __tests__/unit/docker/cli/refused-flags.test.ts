import { expect, test } from '@jest/globals'
import type { Flag } from '../../../../src/docker/cli/commands.ts'
import { refusalsOf } from '../../../../src/docker/cli/refused-flags.ts'
import { createSpec } from '../../../support/builders.ts'

const flag = (name: string, value?: string): Flag => ({
  name,
  value,
  words: [name, ...(value === undefined ? [] : [value])],
})
const PORT = 'invalid argument "a:b" for "-p, --publish" flag: invalid hostPort: a'
const OTHER = 'invalid argument "c" for "-p, --publish" flag: invalid containerPort: c'
const CPU = 'invalid argument "x" for "--limit-cpu" flag: failed to parse x as a rational number'
const UNKNOWN = 'unknown flag: --nope'

/** Docker, which ends at the first flag that it does not take. */
const docker = async (flags: readonly Flag[]) => {
  const words = flags.flatMap((one) => one.words)
  const all: [string, string][] = [
    ['--nope', UNKNOWN],
    ['a:b', PORT],
    ['c', OTHER],
    ['x', CPU],
    ['gone', 'secret not found: gone'],
  ]
  const refusal = all.find(([word]) => words.includes(word))?.[1]
  return refusal === undefined ? { spec: createSpec() } : { refusal }
}

async function told(...flags: Flag[]): Promise<string[]> {
  const first = await docker(flags)
  return 'refusal' in first ? refusalsOf(first.refusal, flags, docker) : []
}

test('all flags that docker refuses are told, though it ends at the first', async () => {
  const ports = [flag('--publish', '80'), flag('--publish', 'c'), flag('--publish', 'a:b')]
  expect(await told(...ports, flag('--nope', '1'), flag('--limit-cpu', 'x'))).toEqual([UNKNOWN, PORT, OTHER, CPU])
})

test('a complaint that names no flag is the last one', async () => {
  expect(await told(flag('--secret', 'gone'), flag('--limit-cpu', 'x'))).toEqual([CPU, 'secret not found: gone'])
})

test('a complaint that stays the same is told once', async () => {
  const flags = [flag('--publish', 'a:b'), flag('--publish', 'a:b')]
  expect(await refusalsOf(PORT, flags, async () => ({ refusal: PORT }))).toEqual([PORT])
})
