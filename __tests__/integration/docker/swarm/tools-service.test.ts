import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { reportIn, TOOLS_EXIT, toolsServiceSpec } from '../../../../src/docker/swarm/tools-service.ts'

// What its container does, done here: with a docker of the test's own.

let directory: string
beforeEach(() => {
  directory = scratchDirectory('tools-service-')
})
afterEach(() => rmSync(directory, { recursive: true }))

function run(docker: string | undefined, script: string, args: readonly string[] = []) {
  if (docker !== undefined) {
    writeFileSync(join(directory, 'docker'), `#!/bin/sh\n${docker}\n`)
    chmodSync(join(directory, 'docker'), 0o755)
  }
  const spec = toolsServiceSpec({ name: 'tools', labels: {}, image: 'docker:cli', script, args, notOn: ['n9'] })
  const { Command: [program = '', ...words] = [], Args = [] } = spec.TaskTemplate.ContainerSpec ?? {}
  const PATH = docker === undefined ? directory : `${directory}:${process.env.PATH}`
  return spawnSync(program === 'sh' ? '/bin/sh' : program, [...words, ...Args], {
    encoding: 'utf8',
    env: { PATH, SWARM_DEPLOY_NODE: 'node-1' },
  })
}
const report = (stdout: string) => reportIn(stdout.trim().split('\n'))
const OWN = 'if [ "$1" = info ]; then echo node-1; else printf "%s\\n" "$@"; fi'

test('runs the script with its arguments as they are, and tells what it printed', () => {
  const args = ['a b', '$(touch x)', '`id`', '"; exit 7; "', "'", '-n', '*']
  const { status, stdout } = run(OWN, 'for one; do docker "$one"; done', args)
  expect(status).toBe(0)
  expect(report(stdout)).toEqual(args)
})

test('does nothing where there is no docker, it does not answer, or it is that of another node', () => {
  const script = 'docker volume rm data'
  expect(run(undefined, script)).toMatchObject({ status: TOOLS_EXIT.noDocker, stdout: '' })
  const mute = run('echo permission denied >&2; exit 1', script)
  expect(mute).toMatchObject({ status: TOOLS_EXIT.noAnswer, stdout: '', stderr: 'permission denied\n' })
  expect(run('exit 0', script)).toMatchObject({ status: TOOLS_EXIT.noAnswer, stdout: '' })
  expect(run('echo node-2', script)).toMatchObject({ status: TOOLS_EXIT.otherDaemon, stdout: '' })
})

test('a report counts only when all of it is there', () => {
  const { stdout } = run(OWN, 'echo one; echo two')
  const lines = stdout.trim().split('\n')
  expect(reportIn(lines)).toEqual(['one', 'two'])
  expect(reportIn(lines.slice(1))).toBeUndefined()
  expect(reportIn(lines.slice(0, -1))).toBeUndefined()
  expect(reportIn([])).toBeUndefined()
  expect(run(OWN, 'echo one; exit 3')).toMatchObject({ status: 3 })
})

test('is no part of a stack, and belongs to the nodes that are meant', () => {
  const { Labels, Mode, TaskTemplate } = toolsServiceSpec({
    ...{ name: 'tools', labels: { a: 'b' }, image: 'docker:cli', script: 'true', args: [], notOn: ['n9'] },
  })
  expect({ Labels, Mode }).toEqual({ Labels: { a: 'b' }, Mode: { Global: {} } })
  expect(TaskTemplate.Placement).toEqual({ Constraints: ['node.platform.os==linux', 'node.id!=n9'] })
})
