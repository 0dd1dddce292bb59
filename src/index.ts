import { saveState } from '@actions/core'
import { cleanUp } from './cleanup.ts'
import { main } from './main.ts'

const isPost = process.env.STATE_main === 'started'

if (isPost) {
  await cleanUp()
} else {
  saveState('main', 'started')
  await main()
  // A download that was given up would hold the process for as long as it lasts.
  process.exit()
}
