import { BlockList, isIP, isIPv4 } from 'node:net'

/** Whether a text is a subnet in CIDR form: `10.0.9.0/24`. */
export function isSubnet(text: string): boolean {
  const [base = '', bits = '', ...more] = text.split('/')
  const most = isIPv4(base) ? 32 : 128
  return isIP(base) !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most
}

/** Of two subnets that have an address in common one holds the other. */
export function overlap(one: string, other: string): boolean {
  return holds(one, other) || holds(other, one)
}

function holds(outer: string, inner: string): boolean {
  const [base = '', bits] = outer.split('/')
  const [address = ''] = inner.split('/')
  if (isIPv4(base) !== isIPv4(address)) return false
  const family = isIPv4(base) ? 'ipv4' : 'ipv6'
  try {
    const block = new BlockList()
    block.addSubnet(base, Number(bits), family)
    return block.check(address, family)
  } catch {
    return false
  }
}

/** Whether a subnet has room for a gateway and a task, as far as Docker counts (libnetwork, ipam). */
export function isRoomy(subnet: string): boolean {
  const [base = '', bits] = subnet.split('/')
  return Number(bits) <= (isIPv4(base) ? 30 : 127)
}
