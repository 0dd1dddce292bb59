const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/jest.strip-types.mjs' },
}

const project = (name) => ({
  ...shared,
  displayName: name,
  testMatch: [`<rootDir>/__tests__/${name}/**/*.test.ts`],
})

export default {
  // Most of a swarm test is waiting for the swarm.
  maxWorkers: 4,
  reporters: ['default', '<rootDir>/scripts/closing-line.mjs'],
  // Only what never ends comes to it: a machine that is busy is no failure.
  testTimeout: 300_000,
  projects: [project('unit'), project('bundle'), project('swarm')],
}
