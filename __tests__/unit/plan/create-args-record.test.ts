import { expect, test } from '@jest/globals'
import { RECORD_LABEL } from '../../../src/inputs/flags.ts'
import { recorded, withRecord } from '../../../src/plan/create-args-record.ts'
import { createSpec } from '../../support/builders.ts'

test('a note is read as it was written, each name once, and is gone with an empty one', () => {
  const noted = withRecord(createSpec({ Labels: { team: 'a' } }), ['--tty', '--env A', '--tty'])
  expect(recorded(noted)).toEqual(['--tty', '--env A'])
  expect(withRecord(noted, []).Labels).toEqual({ team: 'a' })
})

test('what is no such note is none', () => {
  const labelled = (text: string) => createSpec({ Labels: { [RECORD_LABEL]: text } })
  expect(recorded(labelled('["--tty", 1, null]'))).toEqual(['--tty'])
  for (const text of ['', '{', '{}', '"a"', 'null']) expect(recorded(labelled(text))).toEqual([])
  expect(recorded(createSpec())).toEqual([])
})
