/**
 * A jest reporter: after everything else, one plain line of counts, then what was tried twice, and one line for each
 * reason why tests were skipped.
 */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    process.stderr.write(`\n${closingLines(results).join('\n')}\n`)
  }
}

/** @param results of a whole run, as jest hands them to reporters */
export function closingLines({ testResults: files, ...counts }) {
  const { numPassedTests: passed, numFailedTests, numPendingTests: skipped, numRuntimeErrorTestSuites } = counts
  const failed = numFailedTests + numRuntimeErrorTestSuites
  const tests = files.flatMap(({ testResults }) => testResults)
  const triedTwice = tests.filter(({ invocations }) => invocations > 1)
  return [
    `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    ...triedTwice
      .filter(({ status }) => status === 'passed')
      .map(({ fullName }) => `passed at the second try: ${fullName}`),
    ...triedTwice.filter(({ status }) => status === 'failed').map(firstFailure),
    ...[...reasons(tests)].map(([reason, count]) => `${count} skipped: ${reason}`),
  ]
}

/** The second try begins with what the first one has left: its error, which jest prints last, may be of that alone. */
function firstFailure({ fullName, retryReasons: [first = 'without an error'] }) {
  const own = first.split('\n').filter((line) => !/^ +at .*node_modules/.test(line))
  return [`failed twice: ${fullName}`, ...own.map((line) => `  ${line}`)].join('\n')
}

/** How many tests were skipped for each reason. It stands in the name of the test or of its group. */
function reasons(tests) {
  const counts = new Map()
  for (const { fullName } of tests.filter(({ status }) => status === 'pending')) {
    const reason = /\(skipped: (.*?)\)/.exec(fullName)?.[1] ?? 'without a reason'
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return counts
}
