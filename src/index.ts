import './runner/require-node.ts'
import { main } from './main.ts'
import { reportFailure } from './report/report.ts'
import { speakForAll } from './runner/log.ts'

speakForAll((error) => void reportFailure(error))
await main()
// A download that was given up would hold the process for as long as it lasts.
process.exit()
