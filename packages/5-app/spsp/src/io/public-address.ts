/**
 * Which IP addresses are reached over the open internet. Layer 5, io.
 * A server that resolves pointers which strangers chose must not be led into its own network (PP-26).
 */
import { BlockList, isIP } from 'node:net'

/** Loopback, private, link-local with the metadata services of clouds, multicast, reserved: IANA's registries. */
const RESERVED: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
]

/** Of IPv6 only global unicast is public, without the blocks in it that tunnel or stand for other addresses. */
const GLOBAL_UNICAST = ['2000::', 3] as const
const NOT_UNICAST: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const reserved = new BlockList()
for (const [net, prefix, family] of RESERVED) reserved.addSubnet(net, prefix, family)
for (const [net, prefix] of NOT_UNICAST) reserved.addSubnet(net, prefix, 'ipv6')
const globalUnicast = new BlockList()
globalUnicast.addSubnet(...GLOBAL_UNICAST, 'ipv6')

/** False for anything that is no IP address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !reserved.check(address, 'ipv4')
    case 6:
      return globalUnicast.check(address, 'ipv6') && !reserved.check(address, 'ipv6')
    default:
      return false
  }
}
