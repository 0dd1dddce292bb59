import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { addSummary, saveState, setOutput } from '../../../../src/runner/log/command-files.ts'
import { HOSTILE } from '../../../support/hostile.ts'
import { GITHUB, printedBy } from '../../../support/printed.ts'
import { commandsIn, valuesIn } from '../../../support/runner-commands.ts'

const directory = scratchDirectory('command-files-')
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
function newFile(): string {
  const path = join(directory, `file-${++files}`)
  writeFileSync(path, '')
  return path
}

const WRITERS = { GITHUB_OUTPUT: setOutput, GITHUB_STATE: saveState } as const

test.each(['ghadelimiter', 'one\nghadelimiter\nx<<ghadelimiter_\ny\nghadelimiter_', 'ghadelimiter__'])(
  '%j, in which lines end values, is a value like others',
  async (text) => {
    const file = newFile()
    await printedBy({ ...GITHUB, GITHUB_OUTPUT: file }, () => {
      setOutput('first', text)
      setOutput('second', 'after it')
    })
    expect(valuesIn(readFileSync(file, 'utf8'))).toEqual([
      ['first', text],
      ['second', 'after it'],
    ])
  },
)

test.each(HOSTILE)('%j is the value of one output and one state, and of no other', async (text) => {
  for (const [name, write] of Object.entries(WRITERS)) {
    const file = newFile()
    const printed = await printedBy({ ...GITHUB, [name]: file }, () => {
      write('first', text)
      write('second', 'after it')
    })
    expect(printed).toBe('')
    expect(valuesIn(readFileSync(file, 'utf8'))).toEqual([
      ['first', text.replace(/\p{Cs}/gu, '\ufffd')],
      ['second', 'after it'],
    ])
  }
})

test.each([
  ['in a directory that is not there', '/no-directory/file'],
  ['on a full disk', '/dev/full'],
  ['that is a directory', tmpdir()],
])('a file %s is a warning, and no error', async (_, path) => {
  const env = { ...GITHUB, GITHUB_OUTPUT: path, GITHUB_STATE: path, GITHUB_STEP_SUMMARY: path }
  const printed = await printedBy(env, () => {
    setOutput('status', 'converged')
    saveState('lock', 'token')
    addSummary('# Summary')
  })
  expect(commandsIn(printed).map(({ name, data }) => [name, data])).toEqual([
    ['warning', expect.stringMatching(/^The outputs of this step could not be written: E/)],
    ['warning', expect.stringMatching(/^What is kept for the end of the job could not be written: E/)],
    ['warning', expect.stringMatching(/^The job summary could not be written: E/)],
  ])
})

test.each([
  ['in a directory that is not there', () => join(directory, 'gone', 'file')],
  ['that is a directory', () => directory],
  [
    'that is a pipe which nobody reads',
    () => {
      const path = join(directory, 'pipe')
      execFileSync('mkfifo', [path])
      return path
    },
  ],
])('all outputs for a file %s are one warning', async (_, place) => {
  const path = place()
  const printed = await printedBy({ ...GITHUB, GITHUB_OUTPUT: path }, () => {
    for (const name of ['status', 'services', 'images']) expect(setOutput(name, '[]')).toBe(false)
  })
  expect(commandsIn(printed).map(({ name }) => name)).toEqual(['warning'])
})

test('a runner that has no files for outputs and states is told so', async () => {
  const printed = await printedBy(GITHUB, () => {
    setOutput('status', 'converged')
    addSummary('# Summary')
  })
  expect(commandsIn(printed).map(({ name, data }) => [name, data])).toEqual([
    ['warning', 'The outputs of this step could not be written: the runner has not set GITHUB_OUTPUT'],
  ])
})

test('outside of a runner there is nobody to hand anything on to', async () => {
  const printed = await printedBy({}, () => {
    setOutput('status', 'converged')
    saveState('lock', 'token')
    addSummary('# Summary')
  })
  expect(printed).toBe('')
})

test('but a file that somebody asks for is written', async () => {
  const file = newFile()
  await printedBy({ GITHUB_OUTPUT: file }, () => setOutput('status', 'converged'))
  expect(valuesIn(readFileSync(file, 'utf8'))).toEqual([['status', 'converged']])
})

test('what is written is appended', async () => {
  const file = newFile()
  await printedBy({ GITHUB_STEP_SUMMARY: file }, () => {
    addSummary('one')
    addSummary('two')
  })
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
  expect(statSync(file).size).toBe(8)
})
