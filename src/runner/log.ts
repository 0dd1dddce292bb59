import * as core from '@actions/core'
import { redact } from './secret.ts'

/** The only place that prints: whatever it is given, no secret of this run leaves it. */
export const log = {
  info: (line: string) => core.info(redact(line)),
  debug: (line: string) => core.debug(redact(line)),
  /** Shown on the run's page too. */
  notice: (line: string, title?: string) => core.notice(redact(line), properties(title)),
  warning: (line: string, title?: string) => core.warning(redact(line), properties(title)),
  error: (line: string, title?: string) => core.error(redact(line), properties(title)),
}

/** Runs one stage of the work with its lines folded under a title. */
export async function stage<T>(title: string, work: () => Promise<T>): Promise<T> {
  core.startGroup(redact(title))
  try {
    return await work()
  } finally {
    core.endGroup()
  }
}

function properties(title: string | undefined): core.AnnotationProperties {
  return title === undefined ? {} : { title: redact(title) }
}
