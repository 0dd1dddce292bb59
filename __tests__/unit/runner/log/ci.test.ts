import { expect, test } from '@jest/globals'
import { ciRun } from '../../../../src/runner/log/ci.ts'
import { identifyRun } from '../../../../src/runner/run.ts'

const SHA = '8f51ad7884c5eb69c11d260a31da7a745e6b78e2'

const GITLAB = {
  GITLAB_CI: 'true',
  CI: 'true',
  CI_PROJECT_PATH: 'acme/shop',
  CI_PIPELINE_ID: '1234',
  CI_JOB_NAME: 'release',
  CI_JOB_URL: 'https://gitlab.example.com/acme/shop/-/jobs/77',
  CI_COMMIT_SHA: SHA,
  CI_COMMIT_BRANCH: 'main',
  CI_COMMIT_REF_NAME: 'main',
  GITLAB_USER_LOGIN: 'jane',
}

const WOODPECKER = {
  CI: 'woodpecker',
  // It has Drone's names too.
  DRONE: 'true',
  DRONE_REPO: 'acme/shop',
  CI_REPO: 'acme/shop',
  CI_PIPELINE_NUMBER: '42',
  CI_WORKFLOW_NAME: 'release',
  CI_STEP_NAME: 'deploy',
  CI_STEP_URL: 'https://ci.example.com/repos/7/pipeline/42/5',
  CI_PIPELINE_URL: 'https://ci.example.com/repos/7/pipeline/42',
  CI_COMMIT_SHA: SHA,
  CI_COMMIT_REF: 'refs/tags/v1.4.2',
  CI_COMMIT_AUTHOR: 'jane',
}

const DRONE = {
  DRONE: 'true',
  CI: 'true',
  DRONE_REPO: 'acme/shop',
  DRONE_BUILD_NUMBER: '42',
  DRONE_STAGE_NAME: 'release',
  DRONE_STEP_NAME: 'deploy',
  DRONE_BUILD_LINK: 'https://drone.example.com/acme/shop/42',
  DRONE_COMMIT_SHA: SHA,
  DRONE_COMMIT_REF: 'refs/heads/main',
  DRONE_COMMIT_AUTHOR: 'jane',
}

const JENKINS = {
  JENKINS_URL: 'https://jenkins.example.com/',
  JOB_NAME: 'shop/main',
  BUILD_NUMBER: '15',
  BUILD_URL: 'https://jenkins.example.com/job/shop/job/main/15/',
  GIT_COMMIT: SHA,
  GIT_BRANCH: 'origin/main',
  GIT_URL: 'https://jane:token-7Qx@git.example.com/acme/shop.git',
}

const CIRCLECI = {
  CIRCLECI: 'true',
  CI: 'true',
  CIRCLE_PROJECT_USERNAME: 'acme',
  CIRCLE_PROJECT_REPONAME: 'shop',
  CIRCLE_BUILD_NUM: '42',
  CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/shop/42',
  CIRCLE_JOB: 'release',
  CIRCLE_SHA1: SHA,
  CIRCLE_BRANCH: 'main',
  CIRCLE_USERNAME: 'jane',
}

const AZURE = {
  TF_BUILD: 'True',
  SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
  SYSTEM_TEAMPROJECT: 'Our Shop',
  BUILD_REPOSITORY_NAME: 'acme/shop',
  BUILD_DEFINITIONNAME: 'release',
  BUILD_BUILDNUMBER: '20261127.3',
  BUILD_BUILDID: '815',
  BUILD_SOURCEVERSION: SHA,
  BUILD_SOURCEBRANCH: 'refs/heads/main',
  BUILD_REQUESTEDFOR: 'Jane Doe',
}

const BITBUCKET = {
  CI: 'true',
  BITBUCKET_BUILD_NUMBER: '42',
  BITBUCKET_REPO_FULL_NAME: 'acme/shop',
  BITBUCKET_GIT_HTTP_ORIGIN: 'https://bitbucket.org/acme/shop',
  BITBUCKET_DEPLOYMENT_ENVIRONMENT: 'production',
  BITBUCKET_COMMIT: SHA,
  BITBUCKET_TAG: 'v1.4.2',
}

const TEAMCITY = {
  TEAMCITY_VERSION: '2025.07',
  TEAMCITY_PROJECT_NAME: 'Shop',
  TEAMCITY_BUILDCONF_NAME: 'release',
  BUILD_NUMBER: '42',
  BUILD_URL: 'https://teamcity.example.com/build/815',
  BUILD_VCS_NUMBER: SHA,
}

const BUILDKITE = {
  BUILDKITE: 'true',
  CI: 'true',
  BUILDKITE_ORGANIZATION_SLUG: 'acme',
  BUILDKITE_PIPELINE_SLUG: 'release',
  BUILDKITE_BUILD_NUMBER: '42',
  BUILDKITE_LABEL: 'deploy',
  BUILDKITE_BUILD_URL: 'https://buildkite.com/acme/release/builds/42',
  BUILDKITE_REPO: 'git@git.example.com:acme/shop.git',
  BUILDKITE_COMMIT: SHA,
  BUILDKITE_BRANCH: 'main',
  BUILDKITE_BUILD_CREATOR: 'jane',
}

test.each([
  [GITLAB, 'acme/shop, pipeline 1234, job release', GITLAB.CI_JOB_URL, '1234', 'refs/heads/main', 'jane'],
  [
    WOODPECKER,
    'acme/shop, pipeline 42, workflow release, step deploy',
    WOODPECKER.CI_STEP_URL,
    '42',
    'refs/tags/v1.4.2',
    'jane',
  ],
  [
    DRONE,
    'acme/shop, build 42, pipeline release, step deploy',
    DRONE.DRONE_BUILD_LINK,
    '42',
    'refs/heads/main',
    'jane',
  ],
  [JENKINS, 'job shop/main, build 15', JENKINS.BUILD_URL, '15', 'refs/heads/main', ''],
  [CIRCLECI, 'acme/shop, build 42, job release', CIRCLECI.CIRCLE_BUILD_URL, '42', 'refs/heads/main', 'jane'],
  [
    AZURE,
    'acme/shop, pipeline release, run 20261127.3',
    'https://dev.azure.com/acme/Our%20Shop/_build/results?buildId=815',
    '815',
    'refs/heads/main',
    'Jane Doe',
  ],
  [
    BITBUCKET,
    'acme/shop, pipeline 42, deployment production',
    'https://bitbucket.org/acme/shop/pipelines/results/42',
    '42',
    'refs/tags/v1.4.2',
    '',
  ],
  [TEAMCITY, 'Shop, configuration release, build 42', TEAMCITY.BUILD_URL, '42', '', ''],
  [BUILDKITE, 'acme/release, build 42, step deploy', BUILDKITE.BUILDKITE_BUILD_URL, '42', 'refs/heads/main', 'jane'],
])('%j is %s', (env, owner, url, runId, ref, actor) => {
  const repository = 'TEAMCITY_VERSION' in env ? '' : 'acme/shop'
  const run = { owner, url, repository, commit: SHA, ref, runId, attempt: '', actor }
  expect(ciRun(env)).toEqual(run)
  expect(identifyRun(env)).toMatchObject({ owner, url })
})

test('a tag is one', () => {
  expect(ciRun({ ...GITLAB, CI_COMMIT_BRANCH: '', CI_COMMIT_TAG: 'v1', CI_COMMIT_REF_NAME: 'v1' })?.ref).toBe(
    'refs/tags/v1',
  )
  expect(ciRun({ ...JENKINS, TAG_NAME: 'v1' })?.ref).toBe('refs/tags/v1')
  expect(ciRun({ ...CIRCLECI, CIRCLE_TAG: 'v1' })?.ref).toBe('refs/tags/v1')
})

test.each([
  ['git@git.example.com:acme/shop.git', 'acme/shop'],
  ['ssh://git@git.example.com:2222/acme/shop', 'acme/shop'],
  ['https://git.example.com/group/sub/shop.git/', 'group/sub/shop'],
  ['https://bot:pw/of@bot@git.example.com/acme/shop.git', 'acme/shop'],
  ['', ''],
])('the repository of %s', (url, repository) => {
  expect(ciRun({ ...JENKINS, GIT_URL: url })?.repository).toBe(repository)
})

test('a password in the address of a page is left out, and an @ behind its host stays', () => {
  const urlOf = (BUILD_URL: string) => ciRun({ ...JENKINS, BUILD_URL })?.url
  expect(urlOf('https://bot:pw-of-bot@ci.example.com/job/a@2/7/')).toBe('https://ci.example.com/job/a@2/7/')
  expect(urlOf('https://ci.example.com/job/a@2/7/')).toBe('https://ci.example.com/job/a@2/7/')
})

test('what a CI does not say is empty, and names of others are one line', () => {
  expect(ciRun({ GITLAB_CI: 'true' })).toEqual({
    ...{ owner: '', url: '', repository: '', commit: '', ref: '', runId: '', attempt: '', actor: '' },
  })
  expect(ciRun({ ...WOODPECKER, CI_COMMIT_AUTHOR: 'a\n::error::b\u202e' })?.actor).toBe('a ::error::b\ufffd')
})

test('a shell of one’s own, and a runner of actions, are none of these', () => {
  expect(ciRun({ HOME: '/root', CI: 'true' })).toBeUndefined()
  expect(ciRun({ GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/shop', CI: 'true' })).toBeUndefined()
  expect(identifyRun({ ...GITLAB, GITHUB_REPOSITORY: 'acme/other' }).owner).toBe('acme/other')
  expect(identifyRun({ GITLAB_CI: 'true' }).owner).toMatch(/@.*, process \d+$/)
})
