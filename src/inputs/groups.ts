import { DIRECTORIES_INPUT } from './accounts/config-directories.ts'
import { SHORT_FORM_INPUTS } from './accounts/credentials.ts'
import { REACH_INPUTS } from './reach/reach.ts'

/** The inputs by what they are about; those of strategies are the group `strategy`, and `policies` are beside them. */
export const GROUPS = {
  run: ['mode', 'timeout', ...REACH_INPUTS],
  accounts: ['registries', 'registries-file', ...SHORT_FORM_INPUTS, 'docker-config', DIRECTORIES_INPUT],
  trust: ['registry-ca', 'install-registry-ca', 'install-registry-ca-image'],
  storing: ['on-short-lived'],
  services: ['services', 'stack'],
  images: ['images'],
  parallel: ['max-parallel'],
  wait: ['wait'],
  lock: ['lock', 'lock-timeout'],
  records: ['history-limit'],
  files: ['compose-file', 'env-file'],
  rollout: [
    'prune',
    'prune-images',
    'rerun-jobs',
    'only',
    'force',
    'keep-replicas',
    'same-digest',
    'prepare',
    'monitor',
    'on-failure',
    'on-cancel',
  ],
  tools: ['node-tools-image'],
  plan: ['show-values', 'fail-on-changes'],
  login: ['pull-secret'],
  removal: ['remove-volumes', 'if-exists', 'dry-run'],
  status: ['fail-on-problems'],
  rollback: ['to'],
} as const

export type Group = keyof typeof GROUPS | 'strategy' | 'policies'

/** An input that is no part of a strategy or policy. */
export type Input = (typeof GROUPS)[keyof typeof GROUPS][number]
