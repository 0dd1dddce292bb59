import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { Step } from './runner.ts'

/** The values behind `${{ vars.NAME }}` and `${{ secrets.NAME }}`. */
export type Contexts = Readonly<Record<'vars' | 'secrets', Readonly<Record<string, string>>>>

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Partial<Step>[] }>>
}

/**
 * The first step of a workflow file that hands inputs to an action, with its expressions replaced.
 *
 * @throws Error when there is no such step, or an expression has no value
 */
export async function stepOf(file: string, contexts: Contexts): Promise<Step> {
  const workflow = parse(await readFile(file, 'utf8')) as Workflow
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps)
  return firstWithInputs(steps, file, contexts)
}

/**
 * The same of the first YAML below a heading of a page, which is a list of steps.
 *
 * @throws Error when there is no such step, or an expression has no value
 */
export async function stepShownIn(page: string, heading: string, contexts: Contexts): Promise<Step> {
  const [, section = ''] = (await readFile(page, 'utf8')).split(`\n## ${heading}\n`)
  const [, yaml = '[]'] = /```yaml\n([\s\S]*?)```/.exec(section) ?? []
  return firstWithInputs(parse(yaml) as readonly Partial<Step>[], `${page}, ${heading},`, contexts)
}

function firstWithInputs(steps: readonly Partial<Step>[], place: string, contexts: Contexts): Step {
  const step = steps.find((candidate) => candidate.with !== undefined)
  if (step?.with === undefined) throw new Error(`${place} has no step with inputs`)
  return { with: evaluateAll(step.with, contexts), env: evaluateAll(step.env ?? {}, contexts) }
}

function evaluateAll(values: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, evaluate(String(value), contexts)]))
}

function evaluate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{\s*(vars|secrets)\.(\w+)\s*\}\}/g, (expression, context: keyof Contexts, name: string) => {
    const value = contexts[context][name]
    if (value === undefined) throw new Error(`${expression} has no value`)
    return value
  })
}
