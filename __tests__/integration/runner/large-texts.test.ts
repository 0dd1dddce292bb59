import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { log } from '../../../src/runner/log/log.ts'
import { redact, Secret } from '../../../src/runner/secrets/secret.ts'
import { GITHUB, printedBy } from '../../support/printed.ts'
import { commandsIn } from '../../support/runner-commands.ts'

const LEVELS = ['notice', 'warning', 'error'] as const

// On a runner every secret here would be masked in the log of the whole job.
const onRunner = process.env.GITHUB_ACTIONS
beforeEach(() => {
  delete process.env.GITHUB_ACTIONS
})
afterEach(() => {
  if (onRunner !== undefined) process.env.GITHUB_ACTIONS = onRunner
})

describe('a text without an end', () => {
  const long = 'x'.repeat(12_000_000)

  test('is cut in a line, with a word of how much is missing', async () => {
    expect(await printedBy(GITHUB, () => log.info(long))).toMatch(/^x{8000}… \(11,992,000 more characters\)\n$/)
  })

  test.each(LEVELS)('is cut in an annotation (%s) where the runner keeps it whole', async (level) => {
    const [command] = commandsIn(await printedBy(GITHUB, () => log[level](`head\n${long}`, long)))
    expect(command?.data.length).toBeLessThanOrEqual(4096)
    expect(command?.data).toMatch(/^head\nx+… \([\d,]+ more characters\)$/)
    expect(command?.properties.title?.length).toBeLessThan(300)
  })

  test('is not cut through a secret, the half of which nobody would know', async () => {
    new Secret('a-secret-at-the-edge')
    const printed = await printedBy({}, () => log.info(`${'y'.repeat(7990)}a-secret-at-the-edge ${long}`))
    expect(printed).not.toContain('a-sec')
  })

  test.each([
    ['blanks', ' '],
    ['tabs and line ends', '\t\n'],
    ['signs of commands', '##['],
    ['colons', ':'],
    ['escapes', '\u001b['],
    ['names of windows', '\u001b]0;'],
    ['cuts', '… (1'],
  ])('of nothing but %s is printed as soon as another', async (_, piece) => {
    const text = piece.repeat(1_000_000)
    const printed = await printedBy(GITHUB, () => {
      log.info(text)
      log.error(text, text)
    })
    expect(printed.length).toBeLessThan(20_000)
  })
})

describe('a secret of 20,000 lines', () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `${(n * 7919) % 20_000}: a row of the table`)
  beforeEach(() => void new Secret(lines.join('\n')))

  test('is hidden in whole and in each of its lines', () => {
    expect(redact(`<${lines.join('\n')}>`)).toBe('<***>')
    expect(redact(`${lines[0]}, ${lines[19_999]}; row of the table`)).toBe('***, ***; row of the table')
  })

  test('costs a long text no more than it costs a short one, by its length', () => {
    redact('made ready')
    const text = 'a row of another table, with words in it; '
    const timeOf = (times: number) => {
      const repeated = text.repeat(times)
      const took = Array.from({ length: 5 }, () => {
        const startedAt = performance.now()
        redact(repeated)
        return performance.now() - startedAt
      })
      // The quickest is the one in which nobody else had the machine.
      return Math.min(...took) / repeated.length
    }
    timeOf(1000)
    // Nothing here is measured against the clock: only the two against each other, with room for a busy machine.
    expect(timeOf(20_000)).toBeLessThan(20 * timeOf(1000))
  })
})
