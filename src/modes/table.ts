import type { Deployment } from '../inputs/deployment.ts'
import type { ModeName } from '../inputs/mode.ts'
import { giveAdvice } from '../report/advice.ts'
import { reportPlan } from '../report/plan.ts'
import { reportResults } from '../report/report.ts'
import { deploy } from './deploy.ts'
import { plan } from './plan.ts'

/** Tells the user what a run came to. */
export type Report = () => Promise<void> | void

/** A kind of run: does what is asked, and returns what tells of it. */
type Mode = (asked: Deployment, signal: AbortSignal) => Promise<Report>

/** All modes by their names. */
export const MODES: Readonly<Record<ModeName, Mode>> = {
  deploy: async (asked, signal) => {
    const { results, advice } = await deploy(asked, signal)
    return async () => {
      await reportResults(results, asked)
      giveAdvice(advice)
    }
  },
  plan: async (asked, signal) => {
    const outlook = await plan(asked, signal)
    return () => reportPlan(outlook, asked.plan)
  },
}
