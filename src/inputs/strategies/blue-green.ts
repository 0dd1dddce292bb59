import { UserError } from '../../errors.ts'
import { shown } from '../../runner/text/shown.ts'
import { wordsOf } from '../names.ts'
import type { StrategyInputs, Values } from '../strategy.ts'
import { parseDuration } from '../values.ts'
import { longestTrial, TRIAL_CHECKS, TRIAL_KEYS, type Trial, trialOf } from './trial.ts'

/** What Traefik, the proxy that most swarms have, reads its routes from. */
const DEFAULT_ROUTE_LABELS = ['traefik.']

const KEYS = {
  'route-labels': parsePrefixes,
  'route-alias': parseAlias,
  'keep-old': (text: string) => (text === 'until-next' ? text : parseDuration(text)),
  ...TRIAL_KEYS,
}

export interface BlueGreenSettings {
  readonly trial: Trial
  /** How the names of the service labels begin that route traffic to it: `traefik.`. */
  readonly routeLabels: readonly string[]
  /** The name on its networks that routes traffic to it; the service's own unless given. */
  readonly routeAlias: string | undefined
  /** How many seconds the old service stays when the traffic has moved; not at all unless given. */
  readonly keepOld: number | 'until-next' | undefined
}

export const blueGreenInputs: StrategyInputs = {
  keys: KEYS,
  alternatives: TRIAL_CHECKS,
  needsWait: true,
  stackRefusal:
    'blue-green makes a second service beside the first, and a stack has only those of its files: deploy the service with `services`, or write another strategy',
  choose: (values) => {
    const given = values as Values<typeof KEYS>
    const { 'route-labels': routeLabels = DEFAULT_ROUTE_LABELS, 'route-alias': routeAlias, 'keep-old': keepOld } = given
    const settings: BlueGreenSettings = { trial: trialOf(values), routeLabels, routeAlias, keepOld }
    const kept = typeof keepOld === 'number' ? keepOld : 0
    return { settings, uncountedSeconds: longestTrial(settings.trial) + kept }
  },
}

function parsePrefixes(text: string): string[] {
  const prefixes = wordsOf(text)
  if (prefixes.length > 0) return prefixes
  throw new UserError('it is empty: write how the names of the routing labels begin, such as traefik.')
}

function parseAlias(text: string): string {
  if (/^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/.test(text)) return text
  throw new UserError(
    `${shown(text)} is no name on a network: write letters, digits, dots, - and _, with a letter or digit first and last`,
  )
}
