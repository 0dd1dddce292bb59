/** Variables by which the action knows who reads what it prints. */
const OF_RUNNERS = [
  'ACT',
  'FORGEJO_ACTIONS',
  'GITEA_ACTIONS',
  'GITHUB_ACTIONS',
  'GITHUB_ENV',
  'GITHUB_OUTPUT',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
  'RUNNER_DEBUG',
]

/**
 * What the work prints, with nothing in the environment that tells of a runner but what is given here. None of it gets
 * out: where a runner runs the tests, it would take commands for its own.
 */
export async function printedBy(
  env: Readonly<Record<string, string>>,
  work: () => unknown | Promise<unknown>,
): Promise<string> {
  const before = Object.fromEntries(OF_RUNNERS.map((name) => [name, process.env[name]]))
  for (const name of OF_RUNNERS) delete process.env[name]
  Object.assign(process.env, env)
  const write = process.stdout.write
  let text = ''
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += chunk
    return true
  }
  try {
    await work()
    return text
  } finally {
    process.stdout.write = write
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

/** The environments of GitHub's own runner, and of those that descend from act. */
export const GITHUB = { GITHUB_ACTIONS: 'true' }
export const ACT = { GITHUB_ACTIONS: 'true', ACT: 'true' }

const ESCAPE = '\u001b'
const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`, 'g')

export function withoutColour(text: string): string {
  return text.replace(COLOUR, '')
}

const TONE = new RegExp(`^${ESCAPE}\\[\\d+m(.*)${ESCAPE}\\[0m$`, 'gm')

/** The same for whole lines only: a colour that others bring along stays. */
export function withoutTones(text: string): string {
  return text.replace(TONE, '$1')
}
