import './runner/require-node.ts'
import { messageOf } from './errors.ts'
import { cleanUp } from './modes/clean-up.ts'
import { log, speakForAll } from './runner/log.ts'

speakForAll((error) => log.warning(`Not all was cleaned up: ${messageOf(error)}`))
// An entry of its own: whatever a runner hands over or loses, this one cannot deploy.
void cleanUp()
