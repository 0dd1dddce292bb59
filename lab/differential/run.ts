import { parseArgs } from 'node:util'
import { failureText } from '../description.ts'
import { newerEngine, RELEASES } from '../engines/newer.ts'
import { Arena } from './arena.ts'
import { readCorpus, type Stack } from './corpus.ts'
import { KNOWN, type Known, knownFor } from './known.ts'
import { play } from './play.ts'

const USAGE = `Deploys stacks with docker and with the action on real swarms, and shows where both do not do the same.

  npm run differential -- --parallel 8

--only      plays those whose name and title fit this regular expression
--parallel  how many at the same time on a swarm; 6 unless told
--swarms    how many swarms; 1 unless told
--daemon    that of a newer release of Debian, which \`npm run engines\` has fetched: trixie or testing
--logs      shows what the action printed for each stack that differs
--list      shows the stacks, and plays none
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    parallel: { type: 'string', default: '6' },
    swarms: { type: 'string', default: '1' },
    daemon: { type: 'string' },
    logs: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

try {
  if (values.help) process.stdout.write(USAGE)
  else process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${failureText(error)}\n`)
  process.exitCode = 1
}

async function main(): Promise<number> {
  const only = new RegExp(values.only)
  const stacks = (await readCorpus()).filter(({ name, title }) => only.test(`${name} ${title}`))
  if (values.list) {
    for (const { name, title } of stacks) print(`${name}: ${title}`)
    return 0
  }
  const programs = programsOf(values.daemon)
  const began = Date.now()
  const used = new Set<Known>()
  const failed: Stack[] = []
  const queue = [...stacks]
  await Promise.all(
    Array.from({ length: whole('swarms', values.swarms) }, async () => {
      await using arena = await Arena.start(programs)
      const line = async () => {
        for (let stack = queue.shift(); stack !== undefined; stack = queue.shift()) {
          if (!(await isRight(stack, arena, used))) failed.push(stack)
        }
      }
      await Promise.all(Array.from({ length: whole('parallel', values.parallel) }, line))
    }),
  )
  // On a busy machine the daemon itself fails at times to start a container: alone it does not.
  const wrong: Stack[] = []
  for (const stack of failed) {
    await using arena = await Arena.start(programs)
    print(`Once more, alone: ${stack.name}`)
    if (!(await isRight(stack, arena, used))) wrong.push(stack)
  }
  const idle = values.only === '' ? KNOWN.filter((known) => !used.has(known) && !known.isChance) : []
  for (const { moment, text, reason } of idle) print(`NOT SEEN ${moment} ${text}: ${reason}`)
  const seconds = ((Date.now() - began) / 1000).toFixed(0)
  const late = failed.filter((stack) => !wrong.includes(stack)).map(({ name }) => name)
  const atSecond = late.length === 0 ? '' : ` (at the second try, alone: ${late.join(', ')})`
  print(
    `${stacks.length} stacks in ${seconds} s, ${stacks.length - wrong.length} right${atSecond}, ${wrong.length} wrong.`,
  )
  return wrong.length + idle.length > 0 ? 1 : 0
}

/** Plays one, and tells of it: right is what was played, and differs in no way but those that a reason is known for. */
async function isRight(stack: Stack, arena: Arena, used: Set<Known>): Promise<boolean> {
  const began = Date.now()
  try {
    const { differences, logs } = await play(stack, arena)
    const unknown = differences.filter((difference) => {
      const known = knownFor(stack, difference)
      if (known !== undefined) used.add(known)
      return known === undefined
    })
    const seconds = ((Date.now() - began) / 1000).toFixed(1)
    const listed = differences.length - unknown.length
    const what = listed === 0 ? 'right' : `right, ${listed} listed`
    print(`${unknown.length === 0 ? what : 'WRONG'} ${stack.name} in ${seconds} s: ${stack.title}`)
    for (const { moment, text } of unknown) print(`  ${moment}: ${text}`)
    if (values.logs && unknown.length > 0) print(logs.join('\n━━\n'))
    return unknown.length === 0
  } catch (error) {
    print(`NOT PLAYED ${stack.name}: ${stack.title}\n  ${failureText(error)}`)
    return false
  }
}

function programsOf(daemon: string | undefined): string | undefined {
  const release = RELEASES.find((one) => one === daemon)
  if (daemon === undefined) return undefined
  if (release === undefined) throw new Error(`--daemon wants ${RELEASES.join(' or ')}, not ${daemon}.`)
  const engine = newerEngine(release)
  if ('problem' in engine) throw new Error(`It ${engine.problem}.`)
  return engine.programs
}

function whole(option: string, text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new Error(`--${option} wants a whole number, not ${text}.`)
  return Number(text)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
