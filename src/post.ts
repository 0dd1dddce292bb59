import './runner/require-node.ts'
import { cleanUp } from './cleanup.ts'
import { speakForAll } from './runner/log.ts'

speakForAll()
// An entry of its own: whatever a runner hands over or loses, this one cannot deploy.
await cleanUp()
