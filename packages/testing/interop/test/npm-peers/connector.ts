/**
 * Program: ilp-connector 23.0.2 with a child account for each name in its arguments, over ilp-plugin-btp. Sends the
 * ports of their listeners to whoever started it. Routes are those of its children, rates those of their scales.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type * as IlpConnector from 'ilp-connector'
import plugin from 'ilp-plugin-btp'

// It starts by itself where it is imported, and does not where it is required.
const require = createRequire(import.meta.url)
const { createApp } = require('ilp-connector') as typeof IlpConnector
/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default

const UNLIMITED = 1_000_000

const children = process.argv.slice(2).map((argument) => {
  const [name = '', assetCode = '', assetScale = '', packetAmountMax = ''] = argument.split(':')
  const server = createServer()
  const listener = { port: 0, secret: `${name}-token`, wsOpts: { server } }
  const account = {
    relation: 'child',
    plugin: new PluginBtp({ listener }),
    assetCode,
    assetScale: Number(assetScale),
    maxPacketAmount: packetAmountMax,
    balance: { maximum: '1000000', minimum: '-1000000000' },
    rateLimit: { refillPeriod: 1000, refillCount: UNLIMITED, capacity: UNLIMITED },
    sendRoutes: false,
    receiveRoutes: false,
  }
  return { name, server, account }
})

const app = createApp({
  env: 'test',
  ilpAddress: 'test.npm',
  backend: 'one-to-one',
  spread: 0,
  // Without it no route is loaded at all.
  routeBroadcastEnabled: true,
  accounts: Object.fromEntries(children.map(({ name, account }) => [name, account])),
})
// It waits for its children to connect; their sockets are open before that.
void app.listen()
for (const { server } of children) {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
}
const ports = children.map(({ name, server }) => [name, (server.address() as AddressInfo).port])
process.send!(Object.fromEntries(ports))
