import { expect, test } from '@jest/globals'
import { isInsecure, isOfEachMachine } from '../../../../src/docker/registry/insecure.ts'

const SETTINGS = {
  InsecureRegistryCIDRs: ['127.0.0.0/8', '10.77.0.0/24', 'fd00::/8', 'nonsense', '10.0.0.0/99'],
  IndexConfigs: {
    'docker.io': { Secure: true },
    'hub.test:5000': { Secure: false },
    '10.77.0.9:5000': { Secure: true },
  },
}

test.each([
  ['docker.io', false],
  ['hub.test:5000', true],
  ['hub.test', false],
  ['10.77.0.254:5000', true],
  ['10.77.0.9:5000', false],
  ['10.78.0.254', false],
  ['[fd00::1]:5000', true],
  ['[2001:db8::1]:5000', false],
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['constructor', false],
])('%s: %s', (registry, insecure) => {
  expect(isInsecure(registry, SETTINGS)).toBe(insecure)
})

test('a daemon that says nothing of it has none but this machine', () => {
  expect(['hub.test', 'localhost', '10.77.0.254'].map((registry) => isInsecure(registry, {}))).toEqual([
    false,
    true,
    false,
  ])
})

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.2:80', true],
  ['[::1]:5000', true],
  ['localhost.example.com', false],
  ['127.example.com', false],
])('%s is of each machine: %s', (registry, is) => {
  expect(isOfEachMachine(registry)).toBe(is)
})
