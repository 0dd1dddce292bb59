/** A generator of numbers from 0 to 1 that a seed decides (mulberry32, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What breaks readers: signs of YAML, shells, variables and runners, and what is no text at all. */
const ODD = [
  ...['', ' ', '\n', '\r\n', '\t', '\0', '\u2028', '\u202e', '\ud83d', '\ufeff', '\x1b[31m'],
  ...[
    ':',
    ': ',
    '-',
    '- ',
    '#',
    ' # ',
    '&a',
    '*a',
    '!!str ',
    '!reset',
    '|\n',
    '>-\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    '?',
    '<<: ',
  ],
  ...[
    '"',
    "'",
    '`',
    '\\',
    '$',
    '$$',
    '${',
    '${A',
    '${A:-',
    '${A:?',
    '}',
    '$(id)',
    ';',
    '|',
    '&&',
    '~',
    '..',
    '../',
    '/',
  ],
  ...['::add-mask::', '##[error]', '%0A', '::stop-commands::x', '--', '--env', '-e', '=', '@', '%', '*'],
  ...['null', 'true', 'no', '0', '-1', '1e999', '0x1F', '12e3', '9007199254740993', '.inf', '2024-01-01'],
  ...['__proto__', 'constructor', 'toString', 'services', 'registry', 'password', 'image', 'name'],
]

/** The text after one to five changes: pieces put in, taken out, doubled or moved. */
export function mutated(text: string, random: () => number): string {
  let now = text
  for (let left = 1 + Math.floor(random() * 5); left > 0; left--) now = changedOnce(now, random)
  return now
}

function changedOnce(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1))
  const end = Math.min(text.length, at + Math.floor(random() * 12))
  const piece = text.slice(at, end)
  const odd = pick(ODD, random)
  switch (Math.floor(random() * 6)) {
    case 0:
      return text.slice(0, at) + odd + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(end)
    case 2:
      return text.slice(0, at) + odd + text.slice(end)
    case 3:
      return text.slice(0, end) + piece + text.slice(end)
    case 4:
      return text.slice(0, at) + odd.repeat(1 + Math.floor(random() * 50)) + text.slice(at)
    default: {
      const lines = text.split('\n')
      const [line = ''] = lines.splice(Math.floor(random() * lines.length), 1)
      lines.splice(Math.floor(random() * (lines.length + 1)), 0, line)
      return lines.join('\n')
    }
  }
}

export function pick<T>(all: readonly T[], random: () => number): T {
  return all[Math.floor(random() * all.length)] as T
}
