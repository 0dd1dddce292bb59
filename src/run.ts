import './runner/require-node.ts'
import { type PackageFiles, shell } from './command/shell.ts'
import { main } from './main.ts'
import { reportFailure } from './report/failure.ts'
import { speakForAll } from './runner/log/log.ts'

/** All that either entry loads, in one file of the bundle: they differ in who starts them. */

/** What a runner starts. */
export function step(): void {
  begin(main)
}

/**
 * What a shell starts.
 *
 * @param words behind the name of the program
 */
export function command(words: readonly string[], files: PackageFiles): void {
  begin(() => shell(words, files))
}

function begin(run: () => Promise<unknown>): void {
  speakForAll((error) => void reportFailure(error))
  // Where nothing is left to wait for, Node ends the process as if all were well.
  process.once('beforeExit', () => {
    void reportFailure(new Error('The run has come to a stop before its end')).then(() => process.exit())
  })
  // Not awaited: that would make every module of the bundle wait, and cost a third of the start. And a download that was
  // given up would hold the process for as long as it lasts.
  void run().then(() => process.exit())
}
