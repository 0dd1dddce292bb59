import { step } from './run.ts'

step()
