import { tooOldNode } from './node-version.ts'

// Imported before all else, for what an old Node lacks may already be missed while a module is loaded. So it prints by
// itself, and what it prints is its own text alone.
const problem = tooOldNode(process.version)
if (problem !== undefined) {
  process.stdout.write(process.env.GITHUB_ACTIONS === 'true' ? `::error::${problem}\n` : `${problem}\n`)
  process.exit(1)
}
