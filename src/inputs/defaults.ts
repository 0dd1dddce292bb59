import { DEFAULT_MODE } from './mode.ts'
import { type StrategyTable, strategyByDefault } from './strategy.ts'

/**
 * What an input stands for that is not given; which strategy, the table of strategies says. A runner fills in what
 * `action.yml` says, and a shell knows no defaults: a test holds the two against each other.
 */
export const DEFAULTS = {
  mode: DEFAULT_MODE,
  'show-values': 'false',
  'fail-on-changes': 'false',
  'install-registry-ca': 'false',
  'on-short-lived': 'warn',
  prune: 'false',
  'rerun-jobs': 'false',
  force: 'false',
  'keep-replicas': 'false',
  'prune-images': 'false',
  'node-tools-image': 'docker:cli',
  'same-digest': 'deploy',
  'allow-plain-tcp': 'false',
  'docker-version': '28.3.3',
  'docker-download-url': 'https://download.docker.com',
  prepare: 'false',
  'max-parallel': '10',
  wait: 'true',
  timeout: '10m',
  'on-failure': 'rollback',
  'on-cancel': 'keep',
  'fail-on-problems': 'false',
  'if-exists': 'false',
  'dry-run': 'false',
  lock: 'false',
  'lock-timeout': '10m',
  'history-limit': '10',
} as const

/** What an input stands for that is not given; `undefined` where that is nothing. */
export function defaultOf(input: string, strategies: StrategyTable): string | undefined {
  if (input === 'strategy') return strategyByDefault(strategies)
  return Object.entries(DEFAULTS).find(([name]) => name === input)?.[1]
}
