/**
 * A jest reporter: after everything else, one plain line of counts, and one for each test that passed at its
 * second try and for each reason why tests were skipped.
 */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const { numPassedTests: passed, numFailedTests, numPendingTests: skipped, numRuntimeErrorTestSuites } = results
    const failed = numFailedTests + numRuntimeErrorTestSuites
    process.stderr.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
    for (const name of secondTries(results)) process.stderr.write(`passed at the second try: ${name}\n`)
    for (const [reason, count] of reasons(results)) process.stderr.write(`${count} skipped: ${reason}\n`)
  }
}

function secondTries({ testResults: files }) {
  return files
    .flatMap(({ testResults }) => testResults)
    .filter(({ status, invocations }) => status === 'passed' && invocations > 1)
    .map(({ fullName }) => fullName)
}

/** How many tests were skipped for each reason. It stands in the name of the test or of its group. */
function reasons({ testResults: files }) {
  const skipped = files.flatMap(({ testResults }) => testResults).filter(({ status }) => status === 'pending')
  const counts = new Map()
  for (const { fullName } of skipped) {
    const reason = /\(skipped: (.*?)\)/.exec(fullName)?.[1] ?? 'without a reason'
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return counts
}
