import { jest } from '@jest/globals'

// A real swarm on a busy machine can lose against time where nothing is wrong, and so can a process beside it. Such a test
// is tried once more, after the others of its file; its first error is printed, and the last lines of the run name it.
jest.retryTimes(1, { logErrorsBeforeRetry: true })
