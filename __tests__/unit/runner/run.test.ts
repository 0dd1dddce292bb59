import { describe, expect, test } from '@jest/globals'
import { identifyRun } from '../../../src/runner/run.ts'

const GITHUB = {
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_WORKFLOW: 'Deploy',
  GITHUB_JOB: 'release',
  GITHUB_SHA: 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_NUMBER: '36',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_ACTOR: 'octocat',
  GITHUB_TRIGGERING_ACTOR: 'hubot',
  GITHUB_SERVER_URL: 'https://github.example.com',
}

describe('a run is known by', () => {
  test('what the runner says of it', () => {
    const { token, ...known } = identifyRun(GITHUB)
    expect(token).toMatch(/^[0-9a-f-]{36}$/)
    expect(known).toEqual({
      owner: 'acme/shop, workflow Deploy, job release, run 4711 (attempt 2)',
      url: 'https://github.example.com/acme/shop/actions/runs/4711',
      repository: 'acme/shop',
      commit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334',
      ref: 'refs/heads/main',
      runId: '4711',
      attempt: '2',
      actor: 'hubot',
    })
  })

  test('its page: on Forgejo under its number, on Gitea under its ID', () => {
    expect(identifyRun({ ...GITHUB, GITEA_ACTIONS: 'true' }).url).toMatch(/\/runs\/4711$/)
    expect(identifyRun({ ...GITHUB, GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' }).url).toMatch(/\/runs\/36$/)
  })

  test('its page without the password that the address of its server may have', () => {
    const { url } = identifyRun({ ...GITHUB, GITHUB_SERVER_URL: 'https://bot:pw-of-server@git.example.com' })
    expect(url).toBe('https://git.example.com/acme/shop/actions/runs/4711')
  })

  test('its user and machine outside of a runner', () => {
    const { token: _, owner, ...rest } = identifyRun({})
    expect(owner).toMatch(/^.+@.+, process \d+$/)
    expect(rest).toEqual({ url: '', repository: '', commit: '', ref: '', runId: '', attempt: '', actor: '' })
  })
})
