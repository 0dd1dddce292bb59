import { describeAct } from '../support/act-workflows.ts'

describeAct('on the host')
