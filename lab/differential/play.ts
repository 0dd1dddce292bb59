import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Result } from '../lab.ts'
import type { StepResult } from '../runner.ts'
import type { Arena } from './arena.ts'
import { type Difference, differencesOfStacks, type Moment, restartedByDocker, touched } from './compare.ts'
import { FILES, type Stack } from './corpus.ts'
import { remove, settledState, stateOf } from './state.ts'

/** What came of a stack. */
export interface Played {
  readonly differences: readonly Difference[]
  /** What the action printed, run by run. */
  readonly logs: readonly string[]
}

/**
 * Deploys a stack with docker, has the action take it over, removes it, deploys it with the action, twice, and deploys
 * over it with docker; everything in between is compared.
 */
export async function play(stack: Stack, arena: Arena): Promise<Played> {
  const { lab } = arena
  const paths = await layOut(stack, arena)
  const found: Difference[] = []
  const logs: string[] = []
  const note = (moment: Moment, texts: readonly string[]) => found.push(...texts.map((text) => ({ moment, text })))
  const act = async () => {
    const result = await actionDeploys(stack, paths, arena)
    logs.push(result.log)
    return result
  }
  const done = async () => {
    await remove(lab, stack.name)
    return { differences: found, logs }
  }

  const byDocker = await dockerDeploys(stack, paths, arena)
  if (byDocker.code !== 0) {
    const result = await act()
    if (result.main.code === 0) note('refused', [`by docker alone: ${byDocker.stderr.trim()}`])
    return done()
  }
  const docker = await settledState(lab, stack.name)
  const adoption = await act()
  if (adoption.main.code !== 0) {
    note('refused', [`by the action alone: ${causeOf(adoption)}`])
    return done()
  }
  note('adopted', [...unlike('unchanged', adoption), ...touched(docker, await settledState(lab, stack.name))])

  await remove(lab, stack.name)
  const creation = await act()
  if (creation.main.code !== 0) {
    note('refused', [`by the action alone: ${causeOf(creation)}`])
    return done()
  }
  note('spec', unlike('created', creation))
  const action = await settledState(lab, stack.name)
  note('spec', differencesOfStacks(docker, action))

  const again = await act()
  note('again', [...unlike('unchanged', again), ...touched(action, await stateOf(lab, stack.name))])

  const over = await dockerDeploys(stack, paths, arena)
  if (over.code !== 0) note('over', [`docker refuses it: ${over.stderr.trim()}`])
  const last = await settledState(lab, stack.name)
  note('over', [...restartedByDocker(action, last), ...differencesOfStacks(action, last)])
  return done()
}

/** Writes the stack's files, and what they refer to, to a directory of its own. Resolves to their paths. */
async function layOut(stack: Stack, { runner }: Arena): Promise<string[]> {
  const directory = join(runner.workspace, stack.name)
  await mkdir(directory, { recursive: true })
  await Promise.all((await readdir(FILES)).map((name) => copyFile(join(FILES, name), join(directory, name))))
  return Promise.all(
    stack.files.map(async (text, index) => {
      const path = join(directory, index === 0 ? 'compose.yml' : `compose.${index}.yml`)
      await writeFile(path, text)
      return path
    }),
  )
}

function dockerDeploys({ name }: Stack, paths: readonly string[], { lab, variables }: Arena): Promise<Result> {
  const files = paths.flatMap((path) => ['--compose-file', path])
  return lab.docker(['stack', 'deploy', '--detach=true', ...files, name], { env: variables })
}

function actionDeploys({ name }: Stack, paths: readonly string[], arena: Arena): Promise<StepResult> {
  return arena.runner.run({
    with: { stack: name, 'compose-file': paths.join('\n'), monitor: '1s', timeout: '90s' },
    env: { ...arena.variables, DOCKER_HOST: arena.lab.nodes[0].host },
  })
}

interface Outcome {
  readonly name: string
  readonly outcome: string
  readonly note: string | null
}

/** Which services have another outcome, and that a run failed. */
function unlike(outcome: string, result: StepResult): string[] {
  const results = JSON.parse(result.outputs.services || '[]') as Outcome[]
  const others = results.filter((one) => one.outcome !== outcome)
  return [
    ...(result.main.code === 0 ? [] : [`the action fails: ${causeOf(result)}`]),
    ...others.map((one) => `services.${one.name}: is ${one.outcome}`),
  ]
}

function causeOf({ annotations, log }: StepResult): string {
  const errors = annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
  return errors.length > 0 ? errors.join(' | ') : log.slice(-500)
}
