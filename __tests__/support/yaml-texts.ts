import type { Random } from '../../lab/faults/random.ts'

/** Plain scalars that one reader of YAML or another takes for more than text. */
export const TELLING = (
  '0123 012_3 0x1F 0X1f 0x1_F 0x52908400098527886e0f7030069857d2e4169ee7 0o17 0O17 0o7777777777777777777777777 0b11 ' +
  '0B11 -0b11 -0o17 +12 -0 08 1_000 _1 1__0_ 1e3 1E+3 12e3456 4e56789 1.50 1. 1.e5 .5 +.5 -.5e-3 .5_ 1.2.3 1e 0x ' +
  '0xZ 9007199254740993 18446744073709551615 18446744073709551616 -9223372036854775809 true True TRUE tRUE false yes ' +
  'Yes no NO on On off OFF y Y n N null Null NULL nULL ~ ~x 1:20 190:20:30 12:30:45 1.2.3.4 2001:db8::1 ' +
  '685.230_15e+03 - -- --- . .. ... = < << @x ?x :x -x !x &x *x %x |x >x a:b a#b a,b [a {a}'
).split(' ')

const LETTERS = [
  'a',
  'b',
  '0',
  '1',
  'é',
  '😀',
  '\u00a0',
  '$$',
  '"',
  "'",
  '\\',
  '#',
  ': ',
  ',',
  '[',
  '}',
  '-',
  '\t',
  ' ',
]
const ESCAPED = [
  '\\n',
  '\\t',
  '\\0',
  '\\a',
  '\\e',
  '\\N',
  '\\_',
  '\\L',
  '\\P',
  '\\x41',
  '\\u2028',
  '\\U0001F600',
  '\\"',
  '\\\\',
]

/** A scalar as an author may write it behind `key: `, in a mapping whose lines are indented so far. */
export function scalarText(random: Random, indent: number): string {
  const style = random.pick(['plain', 'plain', 'telling', 'number', 'double', 'single', 'block', 'block', 'tagged'])
  const margin = ' '.repeat(indent + random.between(1, 3))
  switch (style) {
    case 'telling':
      return random.pick(TELLING)
    case 'number':
      return letters(random, [...'0123456789_.+-eExob'], 1, 12)
    case 'double':
      return `"${folded(random, margin, [...LETTERS.filter((one) => !'"\\'.includes(one)), ...ESCAPED])}"`
    case 'single':
      return `'${folded(random, margin, [...LETTERS.filter((one) => one !== "'"), "''"])}'`
    case 'block':
      return block(random, indent)
    case 'tagged':
      return `${random.pick(['!!str', '!!str', '!!int', '!!float', '!!binary', '!'])} ${random.pick([...TELLING.slice(0, 30), '"1"', "''", 'aGk='])}`
    default:
      return folded(random, margin, ['a', 'b', '0', '1', 'é', '$$', '"', "'", '\\', '-', ' '])
  }
}

/** Words over one or more lines, as YAML joins them. */
function folded(random: Random, margin: string, from: readonly string[]): string {
  const lines = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => letters(random, from, 0, 8))
  return lines.join(random.pick(['\n', '\n\n', ' \n', '\n\n\n']) + margin)
}

function block(random: Random, indent: number): string {
  const deep = random.between(1, 3)
  const margin = ' '.repeat(indent + deep)
  const lines = Array.from({ length: random.between(0, 5) }, () => {
    if (random.chance(25)) return random.pick(['', ' ', margin, `${margin} `, '\t'])
    return margin + random.pick(['', '', ' ', '  ', '\t']) + letters(random, LETTERS, 1, 6)
  })
  const header = random.pick(['|', '>']) + random.pick(['', String(deep)]) + random.pick(['', '-', '+'])
  return `${header}${random.pick(['', ' ', ' # more'])}\n${lines.join('\n')}${random.pick(['', '\n', '\n\n'])}`
}

function letters(random: Random, from: readonly string[], least: number, most: number): string {
  return Array.from({ length: random.between(least, most) }, () => random.pick(from)).join('')
}
