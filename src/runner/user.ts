import { homedir, userInfo } from 'node:os'

/** Who runs this process. A container may run as a number that its system knows no user by: then both calls throw. */

/** The user's home; where neither `HOME` nor the system says it, what docker has there for such a user. */
export function homeDirectory(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

/** The user's name, or else the number. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'without a name'}`
  }
}
