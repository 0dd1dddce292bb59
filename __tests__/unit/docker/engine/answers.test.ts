import { describe, expect, test } from '@jest/globals'
import { readAnswer, refusal } from '../../../../src/docker/engine/answers.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

const PASSWORD = 'Harbour-Violet-83-Compass'
new Secret(PASSWORD)

const ASKED = { host: 'tcp://n1:2376', request: 'GET /services' }
const MOST_READ = 10_000

/** What is told of an answer in which the secret begins so many characters before the end of what is looked into. */
function told(start: string, blank: string, before: number, end: string): string[] {
  const text = start.padEnd(MOST_READ - before, blank) + PASSWORD + end
  const answer = { status: 502, headers: {}, body: Buffer.from(text) }
  const read = () => readAnswer({ ...answer, status: 200 }, '/services', ASKED)
  return [refusal(answer, ASKED).message, messageOf(read)]
}

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('It was to be refused')
}

describe('a secret at the end of what is looked into', () => {
  const places = [1, 4, 8, 15, PASSWORD.length - 1, PASSWORD.length]

  test.each(places)('is not shown by half: %i characters of it are before the end', (before) => {
    for (const words of [...told('not a daemon', ' ', before, ''), ...told('<html><p>', '\n', before, '</p></html>')]) {
      for (let at = 0; at + 4 <= PASSWORD.length; at++) expect(words).not.toContain(PASSWORD.slice(at, at + 4))
    }
  })
})
