import type { Environment } from '../environment.ts'
import { withoutUser } from '../secrets/likely-secrets.ts'
import { safeLine } from '../text/safe-text.ts'

/** What a CI that knows no actions says of the run that it has started. Whatever it does not say is empty. */
export interface CiRun {
  /** `acme/shop, pipeline 1234, job release`, or `acme/shop, workflow Deploy, job release, run 1234 (attempt 2)` */
  readonly owner: string
  /** Its page. */
  readonly url: string
  /** `acme/shop` */
  readonly repository: string
  readonly commit: string
  /** `refs/heads/main` */
  readonly ref: string
  readonly runId: string
  /** `1`, and more where it was run again. */
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
 * docs.drone.io/pipeline/environment/reference; Jenkins, the page /env-vars.html of each, with those of its Git plugin;
 * CircleCI, circleci.com/docs/reference/variables; Azure Pipelines,
 * learn.microsoft.com/azure/devops/pipelines/build/variables; Bitbucket,
 * support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets; TeamCity,
 * jetbrains.com/help/teamcity/predefined-build-parameters.html; Buildkite,
 * buildkite.com/docs/pipelines/configure/environment-variables.
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
  {
    isIt: ({ CIRCLECI }) => CIRCLECI === 'true',
    tell: (env) => ({
      parts: [
        pathOf(env.CIRCLE_PROJECT_USERNAME, env.CIRCLE_PROJECT_REPONAME),
        env.CIRCLE_BUILD_NUM && `build ${env.CIRCLE_BUILD_NUM}`,
        env.CIRCLE_JOB && `job ${env.CIRCLE_JOB}`,
      ],
      url: env.CIRCLE_BUILD_URL ?? '',
      repository: pathOf(env.CIRCLE_PROJECT_USERNAME, env.CIRCLE_PROJECT_REPONAME),
      commit: env.CIRCLE_SHA1 ?? '',
      ref: refOf(env.CIRCLE_TAG, env.CIRCLE_BRANCH),
      runId: env.CIRCLE_BUILD_NUM ?? '',
      actor: env.CIRCLE_USERNAME ?? '',
    }),
  },
  {
    isIt: ({ TF_BUILD }) => /^true$/i.test(TF_BUILD ?? ''),
    tell: (env) => ({
      parts: [
        env.BUILD_REPOSITORY_NAME,
        env.BUILD_DEFINITIONNAME && `pipeline ${env.BUILD_DEFINITIONNAME}`,
        env.BUILD_BUILDNUMBER && `run ${env.BUILD_BUILDNUMBER}`,
      ],
      url: azurePage(env),
      repository: env.BUILD_REPOSITORY_NAME ?? '',
      commit: env.BUILD_SOURCEVERSION ?? '',
      ref: env.BUILD_SOURCEBRANCH ?? '',
      runId: env.BUILD_BUILDID ?? '',
      attempt: env.SYSTEM_JOBATTEMPT ?? '',
      actor: env.BUILD_REQUESTEDFOR ?? '',
    }),
  },
  {
    isIt: ({ BITBUCKET_BUILD_NUMBER }) => Boolean(BITBUCKET_BUILD_NUMBER),
    tell: (env) => ({
      parts: [
        env.BITBUCKET_REPO_FULL_NAME,
        `pipeline ${env.BITBUCKET_BUILD_NUMBER}`,
        env.BITBUCKET_DEPLOYMENT_ENVIRONMENT && `deployment ${env.BITBUCKET_DEPLOYMENT_ENVIRONMENT}`,
      ],
      url: env.BITBUCKET_GIT_HTTP_ORIGIN
        ? `${env.BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/${env.BITBUCKET_BUILD_NUMBER}`
        : '',
      repository: env.BITBUCKET_REPO_FULL_NAME ?? '',
      commit: env.BITBUCKET_COMMIT ?? '',
      ref: refOf(env.BITBUCKET_TAG, env.BITBUCKET_BRANCH),
      runId: env.BITBUCKET_BUILD_NUMBER ?? '',
    }),
  },
  {
    isIt: ({ TEAMCITY_VERSION }) => Boolean(TEAMCITY_VERSION),
    tell: (env) => ({
      parts: [
        env.TEAMCITY_PROJECT_NAME,
        env.TEAMCITY_BUILDCONF_NAME && `configuration ${env.TEAMCITY_BUILDCONF_NAME}`,
        env.BUILD_NUMBER && `build ${env.BUILD_NUMBER}`,
      ],
      url: env.BUILD_URL ?? '',
      commit: env.BUILD_VCS_NUMBER ?? '',
      runId: env.BUILD_NUMBER ?? '',
    }),
  },
  {
    isIt: ({ BUILDKITE }) => BUILDKITE === 'true',
    tell: (env) => ({
      parts: [
        pathOf(env.BUILDKITE_ORGANIZATION_SLUG, env.BUILDKITE_PIPELINE_SLUG),
        env.BUILDKITE_BUILD_NUMBER && `build ${env.BUILDKITE_BUILD_NUMBER}`,
        env.BUILDKITE_LABEL && `step ${env.BUILDKITE_LABEL}`,
      ],
      url: env.BUILDKITE_BUILD_URL ?? '',
      repository: repositoryAt(env.BUILDKITE_REPO),
      commit: env.BUILDKITE_COMMIT ?? '',
      ref: refOf(env.BUILDKITE_TAG, env.BUILDKITE_BRANCH),
      runId: env.BUILDKITE_BUILD_NUMBER ?? '',
      actor: env.BUILDKITE_BUILD_CREATOR ?? '',
    }),
  },
]

/** Which run of which CI this is; `undefined` where none of these has started it. Pure. */
export function ciRun(env: Environment): CiRun | undefined {
  const told = SYSTEMS.find((one) => one.isIt(env))?.tell(env)
  if (told === undefined) return undefined
  const { parts, ...rest } = told
  const none = { url: '', repository: '', commit: '', ref: '', runId: '', attempt: '', actor: '' }
  const all = { ...none, ...rest, url: withoutUser(rest.url ?? '') }
  const owner = parts.filter((part) => part).join(', ')
  // Names of branches and authors are anybody's.
  const safe = Object.entries({ owner, ...all }).map(([name, text]) => [name, safeLine(text, MOST_CHARACTERS)])
  return Object.fromEntries(safe) as unknown as CiRun
}

const MOST_CHARACTERS = 300

/** `acme/shop`, as far as both are told. */
function pathOf(owner: string | undefined, name: string | undefined): string {
  return [owner, name].filter((part) => part).join('/')
}

/** The names of projects may have blanks in them. */
function azurePage({
  SYSTEM_COLLECTIONURI: server,
  SYSTEM_TEAMPROJECT: project,
  BUILD_BUILDID: id,
}: Environment): string {
  if (!server || !project || !id) return ''
  return `${server.replace(/\/*$/, '/')}${encodeURIComponent(project)}/_build/results?buildId=${id}`
}

function refOf(tag: string | undefined, branch: string | undefined): string {
  if (tag) return `refs/tags/${tag}`
  return branch ? `refs/heads/${branch}` : ''
}

/** `acme/shop` of `https://git.example.com/acme/shop.git` and `git@git.example.com:acme/shop.git`; never the user before the `@`. */
function repositoryAt(url = ''): string {
  const [, path = ''] = /^(?:[a-z+]+:\/\/[^/]+\/|[^/:]+:)(.+?)(?:\.git)?\/?$/i.exec(withoutUser(url)) ?? []
  return path
}
