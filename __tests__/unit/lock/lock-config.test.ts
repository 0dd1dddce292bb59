import { expect, test } from '@jest/globals'
import { heldLock } from '../../../src/lock/lock-config.ts'
import { HOSTILE, UNSEEN } from '../../support/hostile.ts'

const lockOf = (owner: string, url = '') =>
  heldLock({
    ID: 'c1',
    CreatedAt: '2026-11-20T10:00:00Z',
    Spec: {
      Name: 'swarm-deploy.lock.service.web',
      Labels: { 'swarm-deploy.lock.owner': owner, 'swarm-deploy.lock.url': url },
    },
  })

test.each([...HOSTILE, 'x'.repeat(1_000_000)])('the holder of a lock is one line of some length: %j', (text) => {
  const { owner, url } = lockOf(text, text).holder
  for (const shown of [owner, url]) {
    expect(shown).not.toMatch(UNSEEN)
    expect(shown.length).toBeLessThan(350)
  }
})

test('a lock without labels is somebody’s', () => {
  expect(lockOf('').holder.owner).toBe('someone unknown')
})

test('the password that an address in a lock may have is not shown', () => {
  expect(lockOf('acme', 'https://bot:pw-of-bot@ci.example.com/7').holder.url).toBe('https://ci.example.com/7')
})
