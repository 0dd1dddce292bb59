import { describe, expect, test } from '@jest/globals'
import { docLink, docUrl } from '../../../../src/runner/log/doc-link.ts'

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTION_REPOSITORY: 'acme/swarm-deploy',
  GITHUB_ACTION_REF: 'v1',
}

describe('docLink', () => {
  test.each([
    ['a version', {}, 'https://github.com/acme/swarm-deploy/blob/v1/docs/advice.md#no-health-check'],
    [
      'a branch with a slash, and a sign that would end the path',
      { GITHUB_ACTION_REF: 'fix/a#b' },
      'https://github.com/acme/swarm-deploy/blob/fix/a%23b/docs/advice.md#no-health-check',
    ],
    [
      'a server of its own',
      { GITHUB_SERVER_URL: 'https://git.acme.example:8443' },
      'https://git.acme.example:8443/acme/swarm-deploy/blob/v1/docs/advice.md#no-health-check',
    ],
  ])('leads to the page at the version that runs: %s', (_, env, url) => {
    expect(docLink('no health check', { ...GITHUB, ...env })).toBe(url)
  })

  test.each([
    ['an action of the workspace', { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' }],
    ['a runner that does not say the version', { GITHUB_ACTION_REF: '' }],
    ['a runner that takes actions from another server than its own', { FORGEJO_ACTIONS: 'true' }],
    ['another of that family', { GITEA_ACTIONS: 'true' }],
    ['act', { ACT: 'true' }],
    ['a shell', { GITHUB_SERVER_URL: '', GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' }],
    ['a server that is no address', { GITHUB_SERVER_URL: 'https://a b' }],
  ])('names the page in words where nobody knows its address: %s', (_, env) => {
    expect(docUrl('no health check', { ...GITHUB, ...env })).toBeUndefined()
    expect(docLink('no health check', { ...GITHUB, ...env })).toBe('"No health check" in docs/advice.md of this action')
  })
})
