import { expect, test } from '@jest/globals'
import { importProblems, type Source } from '../../../scripts/check-imports.ts'

const source = (path: string, ...lines: readonly string[]): Source => ({ path, text: `${lines.join('\n')}\n` })

test('a file imports from its own folder and from all that lies below', () => {
  const sources = [
    source('rollout/send', "import { judge } from './judge.ts'", "import type { Service } from '../docker/api.ts'"),
    source('modes/deploy', "import { takeLock } from '../lock/lock.ts'", "import { send } from '../rollout/send.ts'"),
    source('index', "import './runner/require-node.ts'", "import { main } from './main.ts'"),
  ]
  expect(importProblems(sources, [])).toEqual([])
})

test.each([
  ['an import', "import { colours } from '../strategies/blue-green.ts'"],
  ['a type', "import type { Colour } from '../strategies/blue-green.ts'"],
  ['an export', "export * from '../strategies/blue-green.ts'"],
  ['a lazy import', "const colours = () => import('../strategies/blue-green.ts')"],
])('%s that goes upwards is named with its line, and with what to do instead', (_what, line) => {
  expect(importProblems([source('rollout/send', "import { log } from '../runner/log.ts'", '', line)], [])).toEqual([
    'src/rollout/send.ts:3: imports strategies/blue-green, but rollout lies below strategies: ' +
      'move what it needs to rollout or below, or hand it over as a parameter',
  ])
})

test('an import over several lines is found where it names the file', () => {
  const lines = ['import {', '  first,', '  second,', "} from '../../plan/plan.ts'"]
  expect(importProblems([source('connect/ssh/tunnel', ...lines)], [])).toEqual([
    expect.stringContaining('src/connect/ssh/tunnel.ts:4: imports plan/plan, but connect lies below plan'),
  ])
})

test('folders of one layer do not know each other', () => {
  expect(importProblems([source('lock/lock', "import { table } from '../report/report.ts'")], [])).toEqual([
    expect.stringContaining('lock and report do not know each other'),
  ])
})

test('a circle is told once, with all its files', () => {
  const sources = [
    source('plan/plan', "import { planOf } from './strategy.ts'"),
    source('plan/refresh', "import { planDeployment } from './plan.ts'", "import './other.ts'"),
    source('plan/strategy', "import type { Refresh } from './refresh.ts'"),
  ]
  expect(importProblems(sources, [])).toEqual([
    'src/plan/plan.ts:1: plan/plan > plan/strategy > plan/refresh > plan/plan is a circle: move what two of them need to a file of its own',
  ])
  expect(importProblems(sources.slice(1), [])).toEqual([])
})

test('a folder that is in no layer is asked for one', () => {
  expect(importProblems([source('modes/deploy', "import { help } from '../helpers/help.ts'")], [])).toEqual([
    'src/modes/deploy.ts:1: helpers is in no layer: add it to LAYERS in scripts/check-imports.ts',
  ])
})

test('an import that is allowed to go upwards is named when it does so no more', () => {
  const upwards = source('plan/check', "import { send } from '../rollout/send.ts'")
  const allowed = ['plan/check rollout/send']
  expect(importProblems([upwards], allowed)).toEqual([])
  expect(importProblems([source('plan/check')], allowed)).toEqual([
    'scripts/check-imports.ts: "plan/check rollout/send" goes upwards no more: take it off STILL_UPWARDS',
  ])
})

test.each([
  ['an import', "import { cleanUp } from './modes/clean-up.ts'"],
  ['the file that it loads later', "const cleanUp = () => import(/* webpackIgnore: true */ '#clean-up')"],
])('post reaches nothing that can deploy, not by way of others either: by %s', (_what, line) => {
  const sources = [
    source('post', line),
    source('modes/clean-up', "import { settle } from './aftermath.ts'"),
    source('modes/aftermath', "import { send } from '../rollout/send.ts'"),
  ]
  expect(importProblems(sources, [])).toEqual([
    'src/post.ts: reaches rollout/send (post > modes/clean-up > modes/aftermath > rollout/send), ' +
      'but must not be able to deploy',
  ])
})
