import { expect, test } from '@jest/globals'
import { pinProblems } from '../../../scripts/check-pins.ts'

const [one, other] = ['1'.repeat(40), '2'.repeat(40)]
const page = (...lines: string[]) => ({ path: 'examples/a.yml', text: lines.join('\n') })

test('what is pinned with its version is fine, and so is what is of nobody, or of the same repository', () => {
  const text = page(`- uses: actions/checkout@${one} # v7.0.1`, '  uses: OWNER/swarm-deploy@v1', '- uses: ./')
  const called = page(`    uses: my-org/deployments/.github/workflows/deploy.yml@${'0'.repeat(40)} # its full commit`)
  expect(pinProblems([text, called])).toEqual([])
})

test('a tag, a short commit and a missing version are told, with what other pages have', () => {
  const pages = [
    page(`- uses: actions/checkout@${one} # v7.0.1`),
    page('- uses: actions/checkout@v7', `  uses: docker/login-action@${one}`, '- uses: actions/cache@1234567 # v5.0.0'),
  ]
  expect(pinProblems(pages)).toEqual([
    `examples/a.yml:1: actions/checkout@v7 can be moved: write actions/checkout@${one} # v7.0.1`,
    `examples/a.yml:2: docker/login-action@${one} can be moved: write docker/login-action@<its full commit> # v1.2.3`,
    'examples/a.yml:3: actions/cache@1234567 can be moved: write actions/cache@<its full commit> # v1.2.3',
  ])
})

test('one version is one commit, for all actions of a repository', () => {
  const text = page(
    `- uses: github/codeql-action/init@${one} # v4.0.0`,
    `- uses: github/codeql-action/analyze@${other} # v4.0.0`,
  )
  expect(pinProblems([text])).toEqual([
    `examples/a.yml:2: github/codeql-action/analyze v4.0.0 is another commit than in examples/a.yml:1: ${one}`,
  ])
})
