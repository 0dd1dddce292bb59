/**
 * What a program written in Go, such as the daemon and the docker CLI, means by its JSON. Go writes `null` for every
 * list, map and pointer that is nil: the same as a field that is not there. So each of them is dropped, and no reader
 * meets one (an image with a single OCI manifest has `"Platforms": null`).
 *
 * @throws SyntaxError when it is no JSON
 */
export function parseGoJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return text.includes('null') ? withoutNulls(value) : value
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const there = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(there.map(([key, inner]) => [key, withoutNulls(inner)]))
}
