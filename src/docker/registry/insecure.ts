import { BlockList, isIP } from 'node:net'
import type { RegistrySettings } from '../api.ts'

/** How daemons treat a registry, from what they say of themselves. Pure. */

/**
 * Whether a daemon speaks to a registry without TLS, or with whoever answers (`insecure-registries` of its
 * daemon.json; moby, daemon/pkg/registry/config.go).
 *
 * @param registry `host[:port]`
 */
export function isInsecure(registry: string, { IndexConfigs = {}, InsecureRegistryCIDRs = [] }: RegistrySettings) {
  const named = Object.hasOwn(IndexConfigs, registry) ? IndexConfigs[registry] : undefined
  if (named !== undefined) return named.Secure === false
  if (isOfEachMachine(registry)) return true
  const host = hostOf(registry)
  return InsecureRegistryCIDRs.some((network) => isInNetwork(network, host))
}

/** Whether each machine means itself by it: `localhost:5000`. */
export function isOfEachMachine(registry: string): boolean {
  const host = hostOf(registry)
  return host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1'
}

function hostOf(registry: string): string {
  return registry.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}

/** Whether an address is one of a network, `10.0.0.0/8`; a name is in none. */
export function isInNetwork(network: string, host: string): boolean {
  const version = isIP(host)
  const [address = '', bits = ''] = network.split('/')
  if (version === 0 || isIP(address) !== version || !/^\d{1,3}$/.test(bits)) return false
  const family = version === 6 ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  try {
    list.addSubnet(address, Number(bits), family)
  } catch {
    return false
  }
  return list.check(host, family)
}
