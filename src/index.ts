import './runner/require-node.ts'
import { main } from './main.ts'
import { reportFailure } from './report/report.ts'
import { speakForAll } from './runner/log.ts'

speakForAll((error) => void reportFailure(error))
// Where nothing is left to wait for, Node ends the process as if all were well.
process.once('beforeExit', () => {
  void reportFailure(new Error('The run has come to a stop before its end')).then(() => process.exit())
})
// Not awaited: that would make every module of the bundle wait, and cost a third of the start. And a download that was
// given up would hold the process for as long as it lasts.
void main().then(() => process.exit())
