import { describe, expect, test } from '@jest/globals'
import { log, reportLog, stage } from '../../../../src/runner/log/log.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { HOSTILE, UNSEEN } from '../../../support/hostile.ts'
import { ACT, GITHUB, printedBy } from '../../../support/printed.ts'
import { commandsIn, greedyCommands, linesShown } from '../../../support/runner-commands.ts'

const LOGS = { log, 'the log of the report': reportLog }
const LEVELS = ['notice', 'warning', 'error'] as const

describe.each(Object.entries(LOGS))('%s', (_, into) => {
  test.each(HOSTILE)('a line with %j is one line, and no command', async (text) => {
    for (const line of [text, `web: ${text}`, `${text} and more`]) {
      const printed = await printedBy(GITHUB, () => into.info(line))
      expect(printed.match(/\n/g)).toHaveLength(1)
      expect(commandsIn(printed)).toEqual([])
      expect(greedyCommands(printed)).toEqual([])
      expect(printed.slice(0, -1)).not.toMatch(UNSEEN)
    }
  })

  test.each(HOSTILE)('an annotation with %j is one, in message and title', async (text) => {
    for (const level of LEVELS) {
      const printed = await printedBy(GITHUB, () => into[level](`cause: ${text}`, `web ${text}`))
      expect(linesShown(printed)).toEqual([])
      const [command, ...others] = commandsIn(printed)
      expect(others).toEqual([])
      expect(command?.name).toBe(level)
      expect(Object.keys(command?.properties ?? {})).toEqual(['title'])
      expect(command?.properties.title).not.toMatch(UNSEEN)
      expect(command?.data.replaceAll('\n', '')).not.toMatch(UNSEEN)
      // Whoever shows the message line by line must not find a command in it either.
      expect(commandsIn(command?.data ?? '')).toEqual([])
      expect(command?.data).toMatch(/^cause: /)

      const atAct = greedyCommands(await printedBy(ACT, () => into[level](`cause: ${text}`, `web ${text}`)))
      expect(atAct.map(({ name }) => name)).toEqual([level])
      expect(atAct[0]?.data).toMatch(/^cause: /)
    }
  })

  test.each(HOSTILE)('a debug line with %j is one', async (text) => {
    const printed = await printedBy(GITHUB, () => into.debug(text))
    expect(commandsIn(printed).map(({ name }) => name)).toEqual(['debug'])
    expect(linesShown(printed)).toEqual([])
  })

  test.each(HOSTILE)('outside of a runner %j is plain text, in every kind of line', async (text) => {
    const printed = await printedBy({ RUNNER_DEBUG: '1' }, () => {
      into.info(text)
      into.debug(text)
      for (const level of LEVELS) into[level](text, text)
    })
    expect(commandsIn(printed)).toEqual([])
    expect(greedyCommands(printed)).toEqual([])
    expect(printed.replaceAll('\n', '')).not.toMatch(UNSEEN)
  })
})

test.each(HOSTILE)('the title of a stage with %j is one group', async (text) => {
  for (const env of [GITHUB, ACT]) {
    const printed = await printedBy(env, () => stage(text, async () => undefined))
    const commands = env === ACT ? greedyCommands(printed) : commandsIn(printed)
    expect(commands.map(({ name }) => name)).toEqual(['group', 'endgroup'])
    expect(linesShown(printed)).toEqual([])
  }
  const plain = await printedBy({}, () => stage(text, async () => undefined))
  expect(commandsIn(plain)).toEqual([])
  expect(plain.match(/\n/g)).toHaveLength(1)
})

describe('outside of a runner', () => {
  test('a log reads like any other program’s', async () => {
    const printed = await printedBy({}, () =>
      stage('Deploy', async () => {
        log.info('web: image 1 → 2, 50%')
        log.debug('not for everybody')
        log.notice('no health check', 'Advice')
        log.error('its task failed\nTask t1 ended.', 'web: failed')
      }),
    )
    expect(printed).toBe(
      [
        '== Deploy',
        'web: image 1 → 2, 50%',
        'Notice: Advice: no health check',
        'Error: web: failed: its task failed',
        '  Task t1 ended.',
        '',
      ].join('\n'),
    )
  })

  test('secrets are hidden by the action itself', async () => {
    new Secret('only-we-hide-this')
    const printed = await printedBy({}, () => {
      log.info('x only-we-hide-this y')
      log.error('only-we-\u001b[1mhide-this', 'only-we-hide-this')
    })
    expect(printed).toBe('x *** y\nError: ***: ***\n')
  })
})
