/**
 * The outputs of a run as one JSON object, by their names. Those that are JSON themselves are part of it as such, and all
 * others texts. Pure.
 *
 * @param errors what ended the run before it had results: the key `errors` beside the outputs
 */
export function outputsAsJson(outputs: ReadonlyMap<string, string>, errors: readonly string[] = []): string {
  const values = Object.fromEntries([...outputs].map(([name, value]) => [name, asValue(value)]))
  return JSON.stringify({ ...values, ...(errors.length > 0 && { errors }) }, undefined, 2)
}

function asValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
