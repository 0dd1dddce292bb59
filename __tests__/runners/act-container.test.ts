import { describeAct } from '../support/act-workflows.ts'

describeAct('in a container')
