import { fileURLToPath } from 'node:url'

// Jest's workers, and the bundle that the tests start some hundred times, are compiled once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

const shared = {
  testEnvironment: '<rootDir>/jest.environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/jest.strip-types.mjs' },
}

const secondTry = { setupFilesAfterEnv: ['<rootDir>/jest.second-try.mjs'] }

// Jest takes a path after `--selectProjects swarm` for the name of one more project, and would run all of swarm.
const asked = process.argv.slice(2).filter((word) => /^__tests__\/.*\.test\.ts$/.test(word))

const project = (name, more = {}) => {
  const all = `__tests__/${name}/`
  return {
    ...shared,
    ...more,
    displayName: name,
    testMatch: asked.length === 0 ? [`<rootDir>/${all}**/*.test.ts`] : asked.map((path) => pathIn(all, path)),
  }
}

/** Whether somebody asks for a project, by its name or by a file of it. */
function isNamed(name) {
  return process.argv.slice(2).some((word) => word === name || word.includes(`__tests__/${name}/`))
}

/** Where a file of one project is, and nowhere for the others. */
function pathIn(directory, path) {
  return path.startsWith(directory) ? `<rootDir>/${path}` : '<rootDir>/none'
}

export default {
  // Most of a swarm test is waiting for the swarm. A fifth worker on two slow cores brought a load of 20.
  maxWorkers: 4,
  // So many of the tests that run side by side in one file, on one swarm.
  maxConcurrency: 3,
  testSequencer: '<rootDir>/jest.sequencer.mjs',
  reporters: ['default', '<rootDir>/scripts/closing-line.mjs'],
  // Only what never ends comes to it: a machine that is busy is no failure.
  testTimeout: 300_000,
  // A worker has half a gigabyte to give back: on a busy machine that takes longer than the half second of Jest's own.
  workerGracefulExitTimeout: 30_000,
  projects: [
    ...['unit', 'integration', 'memory', 'bundle', 'releases'].map((name) => project(name)),
    project('swarm', secondTry),
    // What other programs make of our workflows takes minutes: `npm run test:runners`, and CI.
    ...(isNamed('runners') ? [project('runners', secondTry)] : []),
  ],
}
