import { expect, test } from '@jest/globals'
import { CREATE_ARGS_LABEL } from '../../../src/inputs/flags.ts'
import { listNoteOf, withListNote } from '../../../src/plan/list-note.ts'
import { createSpec } from '../../support/builders.ts'

test('a note is read as it was written, each name once, and is gone with an empty one', () => {
  const noted = withListNote(createSpec({ Labels: { team: 'a' } }), ['--tty', '--env A', '--tty'])
  expect(listNoteOf(noted)).toEqual(['--tty', '--env A'])
  expect(withListNote(noted, []).Labels).toEqual({ team: 'a' })
})

test('what is no such note is none', () => {
  const labelled = (text: string) => createSpec({ Labels: { [CREATE_ARGS_LABEL]: text } })
  expect(listNoteOf(labelled('["--tty", 1, null]'))).toEqual(['--tty'])
  for (const text of ['', '{', '{}', '"a"', 'null']) expect(listNoteOf(labelled(text))).toEqual([])
  expect(listNoteOf(createSpec())).toEqual([])
})
