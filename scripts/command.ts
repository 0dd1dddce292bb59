/** Runs what a script is for. What goes wrong there is told in its own words, without a stack. */
export async function command(run: () => void | Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

/**
 * The arguments of the script.
 *
 * @throws Error that shows how it is called, when there are more or fewer
 */
export function argumentsFor<Names extends readonly string[]>(...names: Names): { [Name in keyof Names]: string } {
  const [, script = '', ...given] = process.argv
  if (given.length !== names.length || given.includes('')) {
    throw new Error(`usage: node ${script} ${names.map((name) => `<${name}>`).join(' ')}`)
  }
  return given as { [Name in keyof Names]: string }
}
