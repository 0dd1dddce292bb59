import { expect, test } from '@jest/globals'
import { runShell } from '../../../../src/runner/processes/shell.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

const run = (command: string) =>
  runShell(command, {
    env: { PATH: process.env.PATH ?? '' },
    cwd: '/',
    timeoutSeconds: 60,
    signal: new AbortController().signal,
  })

test('of a command that prints without end the last lines stay, each cut to a length that can be read', async () => {
  const { lines } = await run(`head -c 5000 /dev/zero | tr '\\0' x; echo; seq 1 5`)
  expect(lines).toEqual([expect.stringMatching(/^x{2000}… \(3,000 more characters\)$/), '1', '2', '3', '4', '5'])
})

test('of a line that is longer than what is kept nothing is shown: its end may be half of a secret', async () => {
  const { lines } = await run(`head -c 200000 /dev/zero | tr '\\0' x; echo; echo end`)
  expect(lines).toEqual([expect.stringMatching(/^\(\d{3},\d{3} bytes or more before this are left out\)$/), 'end'])
})

test('a secret that a command breaks into two lines is hidden in both', async () => {
  new Secret('Marigold-Tunnel-38-Velvet')
  const { lines } = await run(`printf 'a Marigold-Tun\nnel-38-Velvet b\n'`)
  expect(lines).toEqual(['a ***', '*** b'])
})

test('what a command prints of its own variables is hidden', async () => {
  const variables = { DB_PASSWORD: 'pw-of-the-database', GIT: 'https://x:pw-in-address@git.example.com' }
  const env = { PATH: process.env.PATH ?? '', ...variables }
  const signal = new AbortController().signal
  const { lines } = await runShell('echo "$DB_PASSWORD at $GIT"', { env, cwd: '/', timeoutSeconds: 60, signal })
  expect(lines).toEqual(['*** at https://***@git.example.com'])
  expect(await run('exit 3')).toEqual({ code: 3, lines: [] })
})
