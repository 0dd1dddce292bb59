import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'

/** Rules for workflows that no linter holds, or that must also be held where none can be installed. */

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly name?: string
  readonly needs?: string | readonly string[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly environment?: string
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: unknown
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': unknown }
  readonly jobs: Readonly<Record<string, Job>>
}

const PATHS = readdirSync('.github/workflows').map((name) => `.github/workflows/${name}`)
const workflows = PATHS.map((path) => [path, parse(readFileSync(path, 'utf8')) as Workflow] as const)
const jobs = workflows.flatMap(([path, workflow]) =>
  Object.entries(workflow.jobs).map(([id, job]) => [`${path} ${id}`, job, workflow] as const),
)
const workflow = (name: string) => workflows.find(([path]) => path.endsWith(`/${name}.yml`))?.[1] as Workflow

test.each(workflows)(
  '%s gives its jobs nothing, and does not run twice beside itself',
  (_, { permissions, concurrency }) => {
    expect(permissions).toEqual({})
    expect(concurrency).toEqual({ group: expect.any(String), 'cancel-in-progress': expect.anything() })
  },
)

test.each(jobs)('%s has a name, an end, and its own permissions', (_, job) => {
  expect(job).toMatchObject({ name: expect.any(String), 'timeout-minutes': expect.any(Number) })
  expect(job.permissions).toBeDefined()
})

test.each(jobs)('%s leaves no credential in its checkout', (_, { steps }) => {
  const kept = steps.filter(
    (step) => step.uses?.startsWith('actions/checkout@') && step.with?.['persist-credentials'] !== false,
  )
  expect(kept).toEqual([])
})

test.each(jobs)('%s has no expression in a script', (_, { steps }) => {
  expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([])
})

describe('what may write', () => {
  const writes = jobs.filter(([, { permissions }]) => Object.values(permissions ?? {}).includes('write'))

  test('runs no code of packages, and is asked for by nobody outside', () => {
    expect(writes.map(([place]) => place.replace(/^.*\//, ''))).toEqual([
      'codeql.yml analyze',
      'commit-dist.yml commit',
      'commit-dist.yml check',
      'release.yml attest',
      'release.yml publish',
    ])
    const scripts = writes.flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []))
    expect(scripts.filter((run) => /\bnp[mx]\b/.test(run))).toEqual([])
    expect(workflows.filter(([, { on }]) => 'pull_request_target' in on || 'issue_comment' in on)).toEqual([])
  })

  test('on behalf of another run, checks out main', () => {
    const { on, jobs: both } = workflow('commit-dist')
    expect(on).toEqual({ workflow_run: { workflows: ['Rebuild dist'], types: ['completed'] } })
    const refs = Object.values(both).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')).map((step) => step.with?.ref),
    )
    expect(refs).toEqual(['${{ github.event.repository.default_branch }}'])
    expect(workflow('rebuild-dist').jobs.build?.permissions).toEqual({ contents: 'read' })
  })

  test('a release has to be let through', () => {
    expect(workflow('release').jobs.publish).toMatchObject({ environment: 'release', needs: ['build', 'attest'] })
  })
})

test('the last job of CI stands for all the others', () => {
  const { all, ...others } = workflow('ci').jobs
  expect(all?.needs).toEqual(Object.keys(others))
  expect(all).toMatchObject({ if: 'always()' })
  const script = all?.steps[0]?.run ?? ''
  // As GitHub starts it.
  const passes = (RESULTS: string) => spawnSync('bash', ['-e', '-c', script], { env: { RESULTS } }).status === 0
  expect(passes('success success success')).toBe(true)
  for (const result of ['failure', 'cancelled', 'skipped']) expect(passes(`success ${result} success`)).toBe(false)
})

test('what starts CI for a rebuilt dist/ can start it', () => {
  expect(workflow('ci').on).toHaveProperty('workflow_dispatch')
  const scripts = workflow('commit-dist').jobs.check?.steps.map(({ run }) => run)
  expect(scripts).toEqual([expect.stringContaining('gh workflow run ci.yml')])
})
