import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { REMEDIES, remedyBefore, remedyFor, remedyOf } from '../../../src/report/remedies.ts'
import { anchorOf, DOCS, type Doc } from '../../../src/runner/log/doc-link.ts'
import { createResult } from '../../support/builders.ts'

describe('what to do about a cause as a run tells it', () => {
  test.each<[Doc, string]>([
    ['a program ends', 'its task ended 5 times in a row, the last one failed with exit code 1'],
    ['a program ends', 'its task failed with exit code 3, and its restart policy none starts no other'],
    ['a program ends', 'its task ended 5 times in a row, the last one ended with exit code 0'],
    ['a task is killed', 'its task failed with exit code 137'],
    ['a program is not found', 'its task failed with exit code 127'],
    [
      'a container does not start',
      'its task was rejected: mkdir /var/lib/docker/overlay2/0c: no space left on device; the way back failed too: x',
    ],
    [
      'a container does not start',
      'its task failed with exit code 128: starting container failed: device or resource busy',
    ],
    ['a container does not start', 'the task failed: No such container: web.1.r7k2'],
    ['a program is not found', 'its task failed with exit code 127: starting container failed: exec: "x": not found'],
    [
      'a network has no addresses',
      "the swarm has no address for its task: net (10.9.0.0/29) has none left, or the manager's log says why; the task was rejected: node is missing network attachments, ip addresses may be exhausted",
    ],
    ['no node can take a task', 'x; the task was rejected: assigned node no longer meets constraints'],
    [
      'a container does not start',
      'its task was rejected: Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available',
    ],
    ['a trial fails', 'the trial failed: the check failed 3 times in a row: write /x: no space left on device'],
    ['a health check fails', 'its task failed its health check (exit code 1: no answer)'],
    [
      'a health check fails',
      'its task ended with exit code 0, perhaps because of its health check (it was up long enough for that to fail, and only its own node can tell), and its restart policy is none',
    ],
    [
      'a health check fails',
      'its task ended 5 times in a row, the last one ended with exit code 0, perhaps because of its health check (it was up long enough for that to fail, and only its own node can tell)',
    ],
    ['the image cannot be pulled', 'its task was rejected: No such image: ghcr.io/acme/web:2 (rejected 3 times)'],
    [
      'the image cannot be pulled',
      'its task was rejected: failed to resolve reference "r.test/web@sha256:ab": unexpected status from HEAD request to https://r.test/v2/web/manifests/sha256:ab: 403 Forbidden',
    ],
    [
      'no node can take a task',
      'Swarm paused the update: failure or early termination of task x; the task was shut down by Swarm; what ran before runs again',
    ],
    ['no node can take a task', 'no node can take it: no suitable node (insufficient resources on 2 nodes)'],
    ['no node can take a task', 'no node of the swarm is ready, active and allowed by its placement constraints'],
    ['a network has no addresses', 'the swarm has not allocated the networks of its task for 30 s'],
    [
      'a mount is not there',
      'its task was rejected: invalid mount config for type "bind": bind source path does not exist: /x',
    ],
    ['a trial fails', 'the trial failed: the check failed 3 times in a row: check-url answered with status 500'],
    [
      'a trial fails',
      'the canary failed: the check cannot be run: check-command ended with exit code 126: sh: 1: ./check.sh: Permission denied',
    ],
    [
      'a trial fails',
      'the canary failed: the check failed 3 times in a row: check-command ended with exit code 137: x509: certificate is unhealthy',
    ],
    ['it takes too long', 'not settled within 60 s: 0/1 tasks running; its task is starting on node n1 since 55 s'],
    ['it takes too long', 'its old tasks have not ended within 60 s: 1 on n1'],
    ['somebody else deploys', 'someone else changed it during this deploy'],
    ['the run was stopped', 'the run was stopped; the swarm goes on by itself'],
    ['the way back failed', 'its task failed with exit code 1; the way back failed too: no node can take it: x'],
  ])('%s: %s', (doc, cause) => {
    expect(remedyOf(createResult({ outcome: 'failed', cause }))?.doc).toBe(doc)
  })

  test('also where only the task tells it', () => {
    const failedTask = { id: 't', node: 'n1', ending: 'failed with exit code 137', exitCode: 137, logs: [] }
    expect(remedyOf(createResult({ cause: 'Swarm paused the update: x', failedTask }))?.doc).toBe('a task is killed')
  })

  test.each([
    ['exec /run: exec format error', /another platform than its node, or a script without `#!`/],
    ['standard_init_linux.go:228: exec user process caused: exec format error', /another platform than its node/],
    ['exec /entrypoint.sh: no such file or directory', /interpreter that the first line of a script names/],
    ['exec /entrypoint.sh: permission denied', /make it executable/],
    ['exec /bin/sh: argument list too long', /variable of more than 128 KiB/],
    ['the program said: exec /x: exec format error', /mend what its last lines name/],
    ['open /etc/app.conf: no such file or directory', /mend what its last lines name/],
  ])('where a program cannot begin, what runc printed in its place: %s', (line, advice) => {
    const cause = 'its task ended 5 times in a row, the last one failed with exit code 1'
    const failedTask = { id: 't', node: 'n1', ending: 'failed with exit code 1', exitCode: 1, logs: ['a', line] }
    expect(remedyOf(createResult({ cause, failedTask }))?.advice).toMatch(advice)
  })

  test.each([
    [
      '126: starting container failed: runc create failed: exec: "/x": permission denied: unknown',
      /make it executable in the image/,
    ],
    [
      '127: starting container failed: runc create failed: exec: "/x": stat /x: no such file or directory: unknown',
      /has no such program/,
    ],
  ])('and what docker says of one: exit code %s', (said, advice) => {
    expect(remedyFor(`the task failed with exit code ${said}`)?.advice).toMatch(advice)
  })

  test('and nothing where there is no rule', () => {
    expect(remedyFor('docker refused to update it: rpc error')).toBeUndefined()
  })
})

describe('what to do about a problem from before anything was sent', () => {
  test.each<[Doc, string]>([
    ['a secret is empty', 'registries entry 1: the variable PW, which `password-env` names, is empty: set it'],
    ['no node can take a task', 'service web: no node can take it: no suitable node'],
    ['the swarm cannot be reached', 'host tcp://n2:2376 is a worker of its swarm'],
  ])('%s: %s', (doc, problem) => {
    expect(remedyBefore(problem)?.doc).toBe(doc)
  })

  test.each([
    // It says itself what to write, and no node has pulled anything.
    'service web: image ghcr.io/acme/web:2 cannot be read from ghcr.io: there is no such image. Docker says: manifest unknown',
    'prepare: service web: all 3 nodes that lacked it cannot pull web:3: n1 (after 4 s: No such image)',
    'check-command: it is for canary and blue-green: leave it out',
    'registries: it is empty, and there is nothing to log in to: write `registries`, or `username` and `password`',
  ])('nothing of what is about tasks, and of other things that are empty: %s', (problem) => {
    expect(remedyBefore(problem)).toBeUndefined()
  })
})

test('each remedy has its own words, and a section that is there', () => {
  expect(new Set(REMEDIES.map(({ reads }) => reads)).size).toBe(REMEDIES.length)
  for (const { doc } of REMEDIES) {
    const [page, section] = DOCS[doc]
    const anchors = [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title))
    expect(anchors).toContain(anchorOf(section))
  }
})

test('what the page shows as read is what the rule finds', () => {
  const missed = REMEDIES.filter(({ reads, finds }) => {
    const quoted = [...reads.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replaceAll('…', '3'))
    return !(quoted.length === 0 ? [reads] : [`failed with ${quoted.join(', ')}`]).some((text) => finds.test(text))
  })
  expect(missed.map(({ reads }) => reads)).toEqual([])
})
