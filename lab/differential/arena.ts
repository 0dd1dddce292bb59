import { type Lab, type LabImage, type LabOptions, startLab } from '../lab.ts'
import { exits, runs } from '../program.ts'
import { Runner } from '../runner.ts'
import { demand } from '../unix-http.ts'

/** What the stacks of the corpus find on the swarm. */
const THERE = { network: 'differential-outside', secret: 'differential-there', config: 'differential-there' }

/** What a lab for stacks is. */
export const ARENA: LabOptions<'open'> = { registries: { open: {} } }

/** A swarm on which stacks are deployed side by side, by docker and by the action. */
export class Arena implements AsyncDisposable {
  readonly lab: Lab<'open'>
  readonly runner: Runner
  /** The variables of the stacks. */
  readonly variables: Readonly<Record<string, string>>
  readonly #ownsLab: boolean

  private constructor(lab: Lab<'open'>, runner: Runner, app: LabImage, job: LabImage, ownsLab: boolean) {
    this.lab = lab
    this.runner = runner
    this.#ownsLab = ownsLab
    const colon = app.reference.lastIndexOf(':')
    this.variables = {
      IMAGE: app.reference,
      IMAGE_NAME: app.reference.slice(0, colon),
      IMAGE_TAG: app.reference.slice(colon + 1),
      PINNED: `${app.reference.slice(0, colon)}@${app.digest}`,
      IMAGE_PINNED: `${app.reference}@${app.digest}`,
      JOB: job.reference,
      FROM_STEP: 'step',
      EMPTY_STEP: '',
      NUMBER_ZERO: '0',
      PORT: '8080',
      SWITCH: 'true',
    }
  }

  /** Makes a lab that was brought up as an `ARENA` fit for the corpus. */
  static async on(lab: Lab<'open'>): Promise<Arena> {
    return Arena.#make(lab, false)
  }

  /** Brings a lab up, with the installed programs of Docker or those of a directory. */
  static async start(programs?: string): Promise<Arena> {
    return Arena.#make(await startLab({ ...ARENA, ...(programs !== undefined && { programs }) }), true)
  }

  static async #make(lab: Lab<'open'>, ownsLab: boolean): Promise<Arena> {
    const image = (repository: string, program = runs()) =>
      lab.image({ registry: 'open', repository, tag: 'v1', content: repository, ...program })
    const [app, job, runner] = await Promise.all([image('app'), image('job', exits(0)), Runner.start()])
    const { socket } = lab.nodes[0]
    const Data = Buffer.from('there already').toString('base64')
    await Promise.all([
      demand(socket, 'POST', '/networks/create', { Name: THERE.network, Driver: 'overlay', Attachable: true }),
      demand(socket, 'POST', '/secrets/create', { Name: THERE.secret, Data }),
      demand(socket, 'POST', '/configs/create', { Name: THERE.config, Data }),
    ])
    return new Arena(lab, runner, app, job, ownsLab)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner[Symbol.asyncDispose]()
    if (this.#ownsLab) await this.lab.down()
  }
}
