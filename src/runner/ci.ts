import type { Environment } from './environment.ts'
import { safeLine } from './safe-text.ts'

/** What a CI that knows no actions says of the run that it has started. Whatever it does not say is empty. */
export interface CiRun {
  /** `acme/shop, pipeline 1234, job release` */
  readonly owner: string
  /** Its page. */
  readonly url: string
  /** `acme/shop` */
  readonly repository: string
  readonly commit: string
  /** `refs/heads/main` */
  readonly ref: string
  readonly runId: string
  readonly attempt: string
  /** The account that has started it, or else made the commit. */
  readonly actor: string
}

interface Ci {
  isIt(env: Environment): boolean
  tell(env: Environment): Partial<Omit<CiRun, 'owner'>> & { readonly parts: readonly (string | undefined)[] }
}

/**
 * By the variables that each sets in every job; Woodpecker comes before Drone, whose names it has too:
 * GitLab, docs.gitlab.com/ci/variables/predefined_variables; Woodpecker, woodpecker-ci.org/docs/usage/environment and
 * pipeline/frontend/metadata/environment.go of woodpecker-ci/woodpecker; Drone,
 * docs.drone.io/pipeline/environment/reference; Jenkins, the page /env-vars.html of each, with those of its Git plugin.
 */
const SYSTEMS: readonly Ci[] = [
  {
    isIt: ({ GITLAB_CI }) => GITLAB_CI === 'true',
    tell: (env) => ({
      parts: [
        env.CI_PROJECT_PATH,
        env.CI_PIPELINE_ID && `pipeline ${env.CI_PIPELINE_ID}`,
        env.CI_JOB_NAME && `job ${env.CI_JOB_NAME}`,
      ],
      url: env.CI_JOB_URL || env.CI_PIPELINE_URL || '',
      repository: env.CI_PROJECT_PATH ?? '',
      commit: env.CI_COMMIT_SHA ?? '',
      ref: refOf(env.CI_COMMIT_TAG, env.CI_COMMIT_BRANCH || env.CI_COMMIT_REF_NAME),
      runId: env.CI_PIPELINE_ID ?? '',
      actor: env.GITLAB_USER_LOGIN ?? '',
    }),
  },
  {
    isIt: ({ CI }) => CI === 'woodpecker',
    tell: (env) => ({
      parts: [
        env.CI_REPO,
        env.CI_PIPELINE_NUMBER && `pipeline ${env.CI_PIPELINE_NUMBER}`,
        env.CI_WORKFLOW_NAME && `workflow ${env.CI_WORKFLOW_NAME}`,
        env.CI_STEP_NAME && `step ${env.CI_STEP_NAME}`,
      ],
      url: env.CI_STEP_URL || env.CI_PIPELINE_URL || '',
      repository: env.CI_REPO ?? '',
      commit: env.CI_COMMIT_SHA ?? '',
      ref: env.CI_COMMIT_REF ?? '',
      runId: env.CI_PIPELINE_NUMBER ?? '',
      actor: env.CI_COMMIT_AUTHOR ?? '',
    }),
  },
  {
    isIt: ({ DRONE }) => DRONE === 'true',
    tell: (env) => ({
      parts: [
        env.DRONE_REPO,
        env.DRONE_BUILD_NUMBER && `build ${env.DRONE_BUILD_NUMBER}`,
        env.DRONE_STAGE_NAME && `pipeline ${env.DRONE_STAGE_NAME}`,
        env.DRONE_STEP_NAME && `step ${env.DRONE_STEP_NAME}`,
      ],
      url: env.DRONE_BUILD_LINK ?? '',
      repository: env.DRONE_REPO ?? '',
      commit: env.DRONE_COMMIT_SHA ?? '',
      ref: env.DRONE_COMMIT_REF ?? '',
      runId: env.DRONE_BUILD_NUMBER ?? '',
      actor: env.DRONE_COMMIT_AUTHOR ?? '',
    }),
  },
  {
    isIt: ({ BUILD_URL, JOB_NAME, BUILD_NUMBER, JENKINS_URL, JENKINS_HOME }) =>
      Boolean((JENKINS_URL || JENKINS_HOME || BUILD_URL) && JOB_NAME && BUILD_NUMBER),
    tell: (env) => ({
      parts: [env.JOB_NAME && `job ${env.JOB_NAME}`, env.BUILD_NUMBER && `build ${env.BUILD_NUMBER}`],
      url: env.BUILD_URL ?? '',
      repository: repositoryAt(env.GIT_URL),
      commit: env.GIT_COMMIT ?? '',
      ref: refOf(env.TAG_NAME, env.BRANCH_NAME || env.GIT_BRANCH?.replace(/^origin\//, '')),
      runId: env.BUILD_NUMBER ?? '',
      actor: env.BUILD_USER_ID || env.CHANGE_AUTHOR || '',
    }),
  },
]

/** Which run of which CI this is; `undefined` where none of these has started it. Pure. */
export function ciRun(env: Environment): CiRun | undefined {
  const told = SYSTEMS.find((one) => one.isIt(env))?.tell(env)
  if (told === undefined) return undefined
  const { parts, ...rest } = told
  const all = { url: '', repository: '', commit: '', ref: '', runId: '', attempt: '', actor: '', ...rest }
  const owner = parts.filter((part) => part).join(', ')
  // Names of branches and authors are anybody's.
  const safe = Object.entries({ owner, ...all }).map(([name, text]) => [name, safeLine(text, MOST_CHARACTERS)])
  return Object.fromEntries(safe) as unknown as CiRun
}

const MOST_CHARACTERS = 300

function refOf(tag: string | undefined, branch: string | undefined): string {
  if (tag) return `refs/tags/${tag}`
  return branch ? `refs/heads/${branch}` : ''
}

/** `acme/shop` of `https://git.example.com/acme/shop.git` and `git@git.example.com:acme/shop.git`; never the user before the `@`. */
function repositoryAt(url = ''): string {
  const [, path = ''] = /^(?:[a-z+]+:\/\/[^/]+\/|[^/:]+:)(.+?)(?:\.git)?\/?$/i.exec(url) ?? []
  return path
}
