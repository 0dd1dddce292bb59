import './runner/require-node.ts'
import { writeLine } from './runner/log/stdout.ts'
import { commandLine, isInRunner } from './runner/log/workflow-commands.ts'
import { isAnythingLeft } from './runner/workspace/left-by-main.ts'

// An entry of its own: whatever a runner hands over or loses, this one cannot deploy. It runs after every step, and after
// nearly all of them nothing is left: so what cleans up is only loaded where it is needed.
void isAnythingLeft().then((isLeft) => {
  if (!isLeft) return undefined
  return import(/* webpackIgnore: true */ '#clean-up').then(({ cleanUp }) => cleanUp(), tellMissing)
})

/** Whatever is wrong with the files of the action, it never fails the job. */
function tellMissing(): void {
  const problem = 'Not cleaned up: dist/clean-up.js cannot be loaded: keep the files of this action together'
  writeLine(isInRunner(process.env) ? commandLine('warning', problem, process.env) : problem)
}
