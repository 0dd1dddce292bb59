import type { Children } from './children.ts'

/** Where registries listen without TLS; nodes treat the whole network as insecure. */
export const PLAIN_ADDRESS = '10.77.0.254'
export const PLAIN_NETWORK = '10.77.0.0/24'
/** Where registries listen with TLS: outside of the insecure network, on the same wire. */
export const TLS_ADDRESS = '10.78.0.254'
export const TLS_NETWORK = '10.78.0.0/24'

/** No node has it: there are 100 at most. */
const SWITCH = 254

/** The address of the node with this number; the first is 1. */
export function nodeAddress(number: number): string {
  return `10.77.0.${number}`
}

/**
 * A hardware address for what has this number. A machine that is started again keeps it: its neighbours would go on
 * sending to the old one for up to a minute. So would all of them to a bridge that has none of its own, for it takes
 * that of one of its ports, and another when that port is gone.
 */
function hardwareAddress(number: number): string {
  return `02:4c:41:42:00:${number.toString(16).padStart(2, '0')}`
}

/** The switch that all nodes hang on. It lives in the keeper's own network namespace and ends with it. */
export class Network {
  readonly #children: Children

  constructor(children: Children) {
    this.#children = children
  }

  async up(): Promise<void> {
    await this.#ip([
      'link set lo up',
      `link add br0 address ${hardwareAddress(SWITCH)} type bridge`,
      `address add ${PLAIN_ADDRESS}/24 dev br0`,
      `address add ${TLS_ADDRESS}/24 dev br0`,
      'link set br0 up',
    ])
  }

  /** Gives the network namespace of process `pid` an `eth0` whose other end is on the switch. */
  async plug(number: number, pid: number): Promise<void> {
    // The kernel removes the link of a node that just died only a moment later.
    await this.#ip([`link delete p${number}`]).catch(() => {})
    await this.#ip([
      `link add p${number} type veth peer name eth0 address ${hardwareAddress(number)} netns ${pid}`,
      `link set p${number} master br0`,
      `link set p${number} up`,
    ])
  }

  async setLink(number: number, state: 'up' | 'down'): Promise<void> {
    await this.#ip([`link set p${number} ${state}`])
  }

  async #ip(lines: readonly string[]): Promise<void> {
    await this.#children.run(['ip', '-batch', '-'], lines.join('\n'))
  }
}
