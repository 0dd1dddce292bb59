import { expect, test } from '@jest/globals'
import { UserError } from '../../../../src/errors.ts'
import { limitMet, outOfThreads, startProblem } from '../../../../src/runner/processes/start-problem.ts'

const failed = (code: string) => Object.assign(new Error(`spawn docker ${code}`), { code, syscall: 'spawn docker' })

test.each([
  ['EAGAIN', 'this user or container may have no more processes: raise that limit (`ulimit -u`'],
  ['EMFILE', 'this process may open no more files: raise that limit (`ulimit -n`)'],
  ['ENFILE', 'the system of this runner may open no more files'],
  ['E2BIG', 'what a program is to be given is larger than this system takes'],
  ['ENOMEM', 'this runner has no memory left'],
])('a limit of the system is told as that, with what to do: %s', (code, told) => {
  const problem = startProblem('docker', failed(code))
  expect(problem).toBeInstanceOf(UserError)
  expect(problem.message).toContain(`\`docker\` could not be started: ${told}`)
  expect(limitMet(failed(code))).toContain(`the run cannot go on: ${told}`)
})

test.each([failed('ENOENT'), failed('EACCES'), new Error('EAGAIN')])('anything else stays what it is: %s', (error) => {
  expect(startProblem('docker', error)).toBe(error)
  expect(limitMet(error)).toBeUndefined()
})

test.each([undefined, null, 'EMFILE', 5])('what is no error meets no limit: %s', (thrown) => {
  expect(limitMet(thrown)).toBeUndefined()
})

test.each([
  'runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\nPC=0x107e128 m=3',
  'runtime: failed to create new OS thread (have 5 already; errno=11)\nruntime: may need to increase max user processes (ulimit -u)',
])('a program of Go that is given no thread is told as that, without its dump: %s', (printed) => {
  expect(outOfThreads('docker', printed)).toMatch(/^`docker` could not go on: this user or container may have no more/)
  expect(outOfThreads('docker', 'Error response from daemon: no such service')).toBeUndefined()
})
