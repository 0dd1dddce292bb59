const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/

/** PEM that was given as base64 of it, as to a CI that masks no value of several lines; any other text as it was given. */
export function pemInBase64(text: string): string {
  const inside = BASE64.test(text) ? Buffer.from(text, 'base64').toString().trim() : ''
  return inside.includes('-----BEGIN') ? inside : text
}
