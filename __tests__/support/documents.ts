import { readdirSync, readFileSync } from 'node:fs'
import { isMap, isSeq, parse, parseDocument } from 'yaml'

/** The action's address in every example: nobody's repository, and a commit that can never be. */
export const PLACEHOLDER = 'OWNER/swarm-deploy@0000000000000000000000000000000000000000'

/** All pages for users, and all workflows to copy. */
export const PAGES = ['README.md', ...filesIn('docs', '.md')]
export const EXAMPLES = filesIn('examples', '.yml')

/** The workflow that others call, as a file here and as the address by which they call it. */
export const SHARED = {
  path: 'examples/shared-deploy.yml',
  address: 'my-org/deployments/.github/workflows/deploy.yml@0000000000000000000000000000000000000000',
}

/** A step that uses the action, with the variables that its job and workflow give it. */
export interface ShownStep {
  readonly with: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

/**
 * What a piece of YAML in the documents is: a whole workflow, steps of one, some inputs, keys of an entry of
 * `services`, a compose file, or settings of Dependabot's.
 */
export type FragmentKind = 'workflow' | 'steps' | 'inputs' | 'entry' | 'compose' | 'dependabot'

export interface Fragment {
  /** `docs/stacks.md:12` */
  readonly place: string
  readonly kind: FragmentKind
  readonly text: string
  readonly value: unknown
}

type Mapping = Readonly<Record<string, unknown>>

/** A whole workflow, as far as it is read here. */
export interface Workflow {
  readonly on: { readonly workflow_call?: { readonly inputs: Readonly<Record<string, WorkflowInput>> } }
  readonly env?: Mapping
  readonly jobs: Readonly<Record<string, WorkflowJob>>
}

export interface WorkflowInput {
  readonly type: string
  readonly required?: boolean
  readonly default?: string | boolean
}

interface WorkflowJob {
  readonly env?: Mapping
  readonly steps?: readonly Mapping[]
  /** The workflow that it calls in place of steps, and what it hands over. */
  readonly uses?: string
  readonly with?: Mapping
}

/** What a fragment can be told by. */
export interface Known {
  readonly inputs: readonly string[]
  readonly entryKeys: readonly string[]
}

/**
 * Every piece of YAML of a page, and a whole file of `examples`.
 *
 * @throws Error when one is no YAML, or nothing that the documents may show
 */
export function fragmentsOf(path: string, known: Known): Fragment[] {
  const text = readFileSync(path, 'utf8')
  if (!path.endsWith('.md')) return [fragment(path, text, known)]
  return [...text.matchAll(/^( *)```ya?ml\n([\s\S]*?)^ *```$/gm)].map(({ index, 1: margin = '', 2: body = '' }) => {
    const line = text.slice(0, index).split('\n').length + 1
    return fragment(`${path}:${line}`, body.replaceAll(new RegExp(`^${margin}`, 'gm'), ''), known)
  })
}

function fragment(place: string, text: string, known: Known): Fragment {
  const document = parseDocument(text)
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) throw new Error(`${place}: ${error.message}`)
  const value: unknown = document.toJS()
  return { place, kind: kindOf(place, document.contents, value, known), text, value }
}

function kindOf(place: string, node: unknown, value: unknown, { inputs, entryKeys }: Known): FragmentKind {
  if (isSeq(node)) {
    if ((value as Mapping[]).every((item) => 'uses' in item || 'run' in item)) return 'steps'
  } else if (isMap(node)) {
    const keys = Object.keys(value as Mapping)
    const all = (names: readonly string[]) => keys.every((key) => names.includes(key))
    if (keys.includes('jobs')) return 'workflow'
    if (all(['with', 'env'])) return 'steps'
    if (keys.includes('updates')) return 'dependabot'
    if (Object.values(value as Mapping).every((item) => typeof item !== 'object') && all(inputs)) return 'inputs'
    if (all(['services', 'networks', 'secrets', 'configs', 'volumes'])) return 'compose'
    if (all(entryKeys)) return 'entry'
  }
  throw new Error(
    `${place}: this is no workflow, no list of steps, no inputs, no entry of services, no compose file and nothing of Dependabot's: complete it, or have its block not begin with yaml`,
  )
}

/** The steps of a fragment that use the action; of steps alone also those that only have `with`. */
export function stepsIn({ kind, value }: Fragment): ShownStep[] {
  switch (kind) {
    case 'workflow': {
      const { on, env, jobs } = value as Workflow
      // What it hands to the action, only its callers know.
      if (on.workflow_call !== undefined) return []
      return Object.values(jobs).flatMap((job) =>
        job.uses === SHARED.address ? stepsOfCall(job.with) : shownSteps(job.steps ?? [], { ...env, ...job.env }),
      )
    }
    case 'steps':
      return Array.isArray(value)
        ? shownSteps(value, {})
        : shownSteps([{ uses: PLACEHOLDER, ...(value as Mapping) }], {})
    case 'inputs':
      return shownSteps([{ uses: PLACEHOLDER, with: value }], {})
    case 'entry':
    case 'compose':
    case 'dependabot':
      return []
  }
}

/** The steps of the shared workflow, with what somebody who calls it has written. */
function stepsOfCall(given: Mapping = {}): ShownStep[] {
  const { on, jobs } = parse(readFileSync(SHARED.path, 'utf8')) as Workflow
  const declared = on.workflow_call?.inputs ?? {}
  const values = Object.fromEntries(Object.entries(declared).map(([name, { default: value }]) => [name, value]))
  const inputs = texts({ ...values, ...given })
  const resolved = (of: Readonly<Record<string, string>>) =>
    mapValues(of, (text) => text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs[name] ?? ''))
  return Object.values(jobs)
    .flatMap(({ steps = [] }) => shownSteps(steps, {}))
    .map((step) => ({ with: resolved(step.with), env: resolved(step.env) }))
}

function mapValues<To>(of: Readonly<Record<string, string>>, to: (text: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(of).map(([name, text]) => [name, to(text)]))
}

function shownSteps(steps: readonly Mapping[], env: Mapping): ShownStep[] {
  return steps
    .filter(({ uses }) => uses === PLACEHOLDER)
    .map((step) => ({ with: texts(step.with), env: { ...texts(env), ...texts(step.env) } }))
}

function texts(values: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]))
}

/** A workflow that has nothing but these steps; `undefined` where the fragment has none. */
export function asWorkflow({ kind, text, value }: Fragment): string | undefined {
  if (kind === 'workflow') return text
  if (kind !== 'steps' || !Array.isArray(value)) return undefined
  const steps = text.replaceAll(/^(?=.)/gm, '      ')
  return `on: push\npermissions: {}\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`
}

function filesIn(directory: string, ending: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => `${directory}/${name}`)
}
