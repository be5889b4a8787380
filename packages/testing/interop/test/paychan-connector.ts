/**
 * A connector of ours whose peer is reached and paid by ilp-plugin-xrp-paychan, in a process of its own: the plugin
 * throws where nobody can catch it when its connections end. It tells the test how it stands, and ends when told to.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { HOST, isUp, startNode } from './one-connector.ts'

export interface PaychanPlan {
  readonly name: string
  readonly child: string
  /** The plugin's: where it connects. Without it, it listens. */
  readonly server?: string
  readonly options: Readonly<Record<string, unknown>>
  /** Of its account on the ledger. */
  readonly secret: string
}

export interface PaychanStatus {
  readonly port: number
  /** Where the plugin listens. */
  readonly pluginPort: number
  readonly isUp: boolean
  /** To the peer and from it, in base units. */
  readonly sent: number
  readonly received: number
  /** A transaction of the plugin's waits for a ledger to close. */
  readonly awaitsLedger: boolean
}

/** What a peer says to be let in. */
export const SECRET = 'hush'
const TELL_MS = 20

const require = createRequire(import.meta.url)
const [, , argument] = process.argv
if (argument !== undefined && process.send !== undefined) await run(JSON.parse(argument) as PaychanPlan)

async function run({ name, child, server, options, secret }: PaychanPlan): Promise<void> {
  const listener = createServer().listen(0, HOST)
  await once(listener, 'listening')
  listener.listen = () => listener
  const way =
    server === undefined
      ? { listener: { port: 1, secret: SECRET, wsOpts: { server: listener } } }
      : { server }
  const connector = await startNode(name, child, {
    link: {
      kind: 'plugin',
      module: require.resolve('ilp-plugin-xrp-paychan'),
      options: { ...options, ...way },
      secretOptions: JSON.stringify({ secret }),
    },
    balance: { max: '1000000', settleThreshold: '1000' },
    settlement: { kind: 'plugin' },
  })
  setInterval(() => {
    const account = [...connector.node.connector.accounts()].find(({ id }) => id === 'peer')!
    process.send?.({
      port: connector.port ?? 0,
      pluginPort: (listener.address() as AddressInfo).port,
      isUp: isUp(connector),
      sent: Number(account.sent),
      received: Number(account.received),
      awaitsLedger: awaitsLedger(),
    } satisfies PaychanStatus)
  }, TELL_MS)
  process.on('message', () => void connector.stop().then(() => process.exit()))
  process.on('disconnect', () => process.exit())
}

/** The plugin keeps who waits for which transaction where all its copies find it. */
function awaitsLedger(): boolean {
  const key = Symbol.for('ilp-plugin-xrp-paychan-shared-txsubmitter')
  const submitters = (globalThis as Record<symbol, Record<string, Submitter> | undefined>)[key] ?? {}
  return Object.values(submitters).some(({ _pendingTxPromises: pending }) => Object.keys(pending).length > 0)
}

interface Submitter {
  readonly _pendingTxPromises: Readonly<Record<string, unknown>>
}
