import { jest } from '@jest/globals'

// A real swarm on a busy machine can lose against time where nothing is wrong. Such a test is tried once more, after the
// others of its file; its first error is printed, and the last lines of the run name it. No other test is: what it shows
// does not hang on time.
jest.retryTimes(1, { logErrorsBeforeRetry: true })
