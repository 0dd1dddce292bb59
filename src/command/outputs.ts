/**
 * The outputs of a run as one JSON object, by their names. Those that are JSON themselves are part of it as such, and all
 * others texts. Pure.
 */
export function outputsAsJson(outputs: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries([...outputs].map(([name, value]) => [name, asValue(value)])), undefined, 2)
}

function asValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
