/** Nodes killed right before and right after they commit, settlements killed meanwhile: the books stay exact. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BREATH_MS, type Party, Rig } from './rig.ts'
import { Peering } from './peering.ts'

/** Millisatoshi are the account's base units. */
const ACCOUNT_SCALE = 11
/** How often a node must have died before the books are looked at. */
const DEATHS = Number(process.env['HOURGLASS_LIGHTNING_DEATHS'] ?? 12)
const PROGRAM = new URL('./killed-worker.ts', import.meta.url)
const STEP_MSAT = 1001n

let rig: Rig
beforeEach(async () => {
  rig = await Rig.start()
})
afterEach(async () => rig.stop())

/** So that a node listens at the same place after its restart. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Per node: what the other can still send to it, and it to the other. */
async function balances({
  node,
}: Party): Promise<{ outboundMsat: bigint; inboundMsat: bigint; pending: number }> {
  const [channel] = await node.channels()
  const { outboundMsat, inboundMsat, pending } = channel!
  return { outboundMsat, inboundMsat, pending }
}

it(
  'pays and credits each millisatoshi once, wherever nodes and settlements are killed',
  { timeout: 600_000, retry: 0 },
  async () => {
    const ports = { alice: await freePort(), bob: await freePort() }
    const open = (name: 'alice' | 'bob', program?: URL): Promise<Party> =>
      rig.open(name, { port: ports[name], ...(program && { program }) })
    let [alice, bob] = await Promise.all([open('alice'), open('bob')])
    await rig.fund(alice, bob)
    await rig.openChannel(alice, bob)
    const before = [await balances(alice), await balances(bob)] as const
    const addresses = { alice: await alice.node.info(), bob: await bob.node.info() }
    await Promise.all([alice.node.close(), bob.node.close()])

    ;[alice, bob] = await Promise.all([open('alice', PROGRAM), open('bob', PROGRAM)])
    const options = { accountScale: ACCOUNT_SCALE, channelSat: 0n, budgetSat: 0n }
    const peering = new Peering({ alice: alice.node, bob: bob.node }, addresses, options)
    await peering.begin()
    const deaths = (): number =>
      [alice, bob].flatMap(({ events }) => events).filter(({ kind }) => kind === 'available').length
    let total = 0n
    for (let round = 1; deaths() < DEATHS; round++) {
      total += STEP_MSAT
      peering.alice.push({ kind: 'settle', total })
      peering.bob.push({ kind: 'settle', total: 2n * total })
      await wait(BREATH_MS)
      if (round % 100 === 0) await peering.restart(round % 200 === 0 ? peering.alice : peering.bob)
    }

    // From here on nobody dies.
    await Promise.all([peering.alice.end(), peering.bob.end()])
    await Promise.all([alice.node.close(), bob.node.close()])
    ;[alice, bob] = await Promise.all([open('alice'), open('bob')])
    await peering.moveTo({ alice: alice.node, bob: bob.node })
    peering.alice.push({ kind: 'settle', total })
    peering.bob.push({ kind: 'settle', total: 2n * total })
    await rig.until(() => peering.bob.received === total && peering.alice.received === 2n * total)
    await rig.until(() => peering.alice.sent === total && peering.bob.sent === 2n * total)
    await rig.until(async () => (await balances(alice)).pending + (await balances(bob)).pending === 0)
    const after = [await balances(alice), await balances(bob)] as const
    expect(after[0].outboundMsat - before[0].outboundMsat).toBe(total)
    expect(after[1].outboundMsat - before[1].outboundMsat).toBe(-total)
    expect(after[0].inboundMsat - before[0].inboundMsat).toBe(-total)
    expect([peering.alice.steps, peering.bob.steps]).toEqual([0, 0])
    await peering.stop()
  },
)
