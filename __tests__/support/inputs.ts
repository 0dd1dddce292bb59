import { UserErrors } from '../../src/errors.ts'

/** Inputs in the variables in which a runner hands them over. */
export function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
}

/** What is told to the user of what is read, one line each; none where it is taken. */
export function problemsIn(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof UserErrors) return error.problems
    throw error
  }
}
