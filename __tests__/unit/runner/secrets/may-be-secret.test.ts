import { expect, test } from '@jest/globals'
import { mayBeSecret, mayHoldSecret } from '../../../../src/runner/secrets/may-be-secret.ts'

test.each([
  [false, "Set it, don't guess!"],
  [false, 'write "v1" (or later); why not?'],
  [false, 'required'],
  [false, 'the tag & the registry | both -> set!'],
  [true, 'p@ss!'],
  [true, 'the default was p@ss!word'],
])('%s of a sentence: %s', (holds, sentence) => {
  expect(mayHoldSecret(sentence)).toBe(holds)
})

test.each(['\\', 'C:\\a\\', 'a!=', '/@', ')b', '"\\', 'node.a!='])(
  'a text of a hundred thousand times %j is judged in a time that grows with its length',
  (sign) => {
    for (const judge of [mayBeSecret, mayHoldSecret]) judge(sign.repeat(100_000))
    mayHoldSecret(`${')'.repeat(100_000)}b`)
  },
)

test.each([
  'my stack!',
  'shop stack?',
  'back end!',
  'roll-back!',
  'true;',
  'rolling;',
  'compose.yml;compose.prod.yml',
  'web,api;',
  'ghcr.io!',
  'nginx@latest',
  'ghcr.io/my-org/web@v1',
  'ghcr.io/my-org/web@1.4.2',
  'web@v1.2',
  'ssh://deploy@swarm.example.com;',
])('a plain mistake is none: %s', (text) => {
  expect(mayBeSecret(text)).toBe(false)
})

test.each([
  'docker!',
  'production!',
  'prod@shop',
  'my stack1!',
  'My Stack!',
  'my secret!',
  'stack!!!',
  'our password;',
  'purple stack!',
  'summer@2024',
  'hunter2@v1',
  'Web@v1',
  'ghcr.io/my-org/p@ss!word@v1',
  'ghcr.io/my-org/web@v1!',
  'ssh://deploy:pw@swarm.example.com;',
  'deploy@swarm.example;',
  `ghcr.io/${'ghp_'}aB3dE5gH7jK9mN1pQ3sT5vW7yZ9@v1`,
])('what people may have for a password may be one: %s', (text) => {
  expect(mayBeSecret(text)).toBe(true)
})

test.each(['a-', 'a/', 'a/@', 'my ', 'my!', 'a@latest'])(
  'of %j a hundred thousand times it is judged in time',
  (sign) => {
    const before = performance.now()
    mayBeSecret(sign.repeat(100_000))
    expect(performance.now() - before).toBeLessThan(2000)
  },
)
