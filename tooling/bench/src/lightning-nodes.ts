/** Two embedded nodes of ours on a chain of their own, with a channel between them. Tooling. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startBitcoinRegtest } from '@hourglass/bitcoin-regtest'
import type { Durability } from '@hourglass/journal'
import { type LdkOptions, type LdkProcess, openLdkNode } from '@hourglass/lightning/io'
import { CAPACITY_SAT } from './lightning-pair.ts'

export interface Nodes {
  readonly payer: LdkProcess
  readonly payee: LdkProcess
  /** Theirs, for other files as well. */
  readonly directory: string
  readonly readyMs: number
  pids(): number[]
  /** How long the payer's node takes to be ready. */
  restart(): Promise<number>
  close(): Promise<void>
}

const POLL_MS = 1000
const BREATH_MS = 20

export async function openNodes(durability: Durability): Promise<Nodes> {
  const chain = await startBitcoinRegtest()
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const optionsOf = (name: string): LdkOptions => ({
    ...{ network: 'regtest', seed: randomBytes(32), file: join(directory, name), durability },
    ...{ rpcUrl: chain.url, host: '127.0.0.1', port: 0, pollMs: POLL_MS },
  })
  const options = optionsOf('payer')
  let { node: payer, readyMs } = await openReady(options)
  const { node: payee } = await openReady(optionsOf('payee'))
  // The payee's is what it keeps to close a channel with; it takes none without.
  for (const node of [payer, payee]) {
    await chain.fund(await node.address(), 2n * CAPACITY_SAT)
    await until(async () => (await node.walletSat()) > CAPACITY_SAT)
  }
  const peer = await payee.info()
  await payer.connect(peer)
  // A node takes channels of those alone whom it was told of.
  await payee.connect(await payer.info())
  await payer.openChannel({ peerId: peer.nodeId, capacitySat: CAPACITY_SAT })
  await until(async () => {
    await chain.mine()
    return (await isUsable(payer)) && isUsable(payee)
  })
  return {
    ...{ payer, payee, directory, readyMs },
    pids: () => [payer.pid!, payee.pid!],
    async restart() {
      await payer.close()
      ;({ node: payer, readyMs } = await openReady(options))
      return readyMs
    },
    async close() {
      await Promise.all([payer.close(), payee.close()])
      await chain.stop()
      rmSync(directory, { recursive: true })
    },
  }
}

/** A node, and how long it took until it answered. */
async function openReady(options: LdkOptions): Promise<{ node: LdkProcess; readyMs: number }> {
  const begin = performance.now()
  const node = await openLdkNode(options)
  await node.info()
  return { node, readyMs: performance.now() - begin }
}

async function isUsable(node: LdkProcess): Promise<boolean> {
  const [channel] = await node.channels()
  return channel?.isUsable === true
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(BREATH_MS)
}
