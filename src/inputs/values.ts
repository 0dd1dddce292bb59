import { type ImageReference, InvalidReference, parseReference } from '../docker/registry/reference.ts'
import { UserError } from '../errors.ts'
import { shown } from '../runner/text/shown.ts'
import { orList } from '../runner/text/word-list.ts'
import { closestKey } from './keys.ts'

/** The units of Go's `time.ParseDuration`, by which docker reads: µ has two code points. */
const UNIT_MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g
const DURATION = new RegExp(`^(?:${PART.source})+$`)

/**
 * `true` or `false`, as YAML 1.2 spells them.
 *
 * @throws UserError that names the two
 */
export function parseBoolean(text: string): boolean {
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  throw new UserError(`${shown(text)} is neither of the two allowed values: write true or false`)
}

/**
 * The seconds of a duration such as `90s`, `10m`, `1h30m` or `500ms`.
 *
 * @throws UserError that says what to write instead
 */
export function parseDuration(text: string): number {
  const seconds = parseDelay(text)
  if (seconds === 0) throw new UserError(`${text} is no time at all: write a longer one, such as 10s`)
  return seconds
}

/**
 * The seconds of a duration that may be none at all: `0s`, or `0`, which needs no unit.
 *
 * @throws UserError that says what to write instead
 */
export function parseDelay(text: string): number {
  if (text === '0') return 0
  if (/^\d+(?:\.\d+)?$/.test(text))
    throw new UserError(`${text} has no unit: write ${text}s for seconds, or ${text}m for minutes`)
  if (!DURATION.test(text)) throw new UserError(`${shown(text)} is no duration: write one such as 90s, 10m or 1h30m`)
  const milliseconds = [...text.matchAll(PART)].reduce(
    (sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNIT_MILLISECONDS[unit] ?? 0),
    0,
  )
  return milliseconds / 1000
}

/**
 * A whole number in a range.
 *
 * @throws UserError that names the range
 */
export function parseInteger(text: string, least: number, most: number): number {
  const number = Number(text)
  if (/^(?:0|[1-9]\d*)$/.test(text) && number >= least && number <= most) return number
  throw new UserError(`${shown(text)} is not allowed: write a whole number from ${least} to ${most}`)
}

/** One of the words of a closed set. */
export function parseChoice<Choice extends string>(text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  const closest = closestKey(text, choices)
  const guess = closest === undefined ? 'write' : `did you mean ${closest}? Write`
  const all = orList(choices)
  throw new UserError(`${shown(text)} is none of its words: ${guess} ${all}`)
}

/**
 * The name of an image.
 *
 * @throws UserError when it is none
 */
export function parseImage(text: string): ImageReference {
  try {
    return parseReference(text)
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error
    throw new UserError(error.message.replace(/^The/, 'the'))
  }
}
