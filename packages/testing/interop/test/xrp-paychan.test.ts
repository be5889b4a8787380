/**
 * ilp-plugin-xrp-paychan, with which moneyd settled, as link and settlement of our connectors: on a stand-alone XRP
 * Ledger, down to the drops that its channels bring home.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type XrplStandalone, startXrplStandalone } from '@hourglass/xrpl-standalone'
import { deriveAddress, deriveKeypair, generateSeed } from 'ripple-keypairs'
import { afterEach, describe, expect, it } from 'vitest'
import { HOST, childOf, cleanups, dispose, pay } from './one-connector.ts'
import { type PaychanPlan, type PaychanStatus, SECRET } from './paychan-connector.ts'

const FUNDS = 1_000_000_000n
/** Of the claim that takes in what the peer's channel holds for it, in drops: the plugin pays a fifth too much. */
const FEE = 12n

/** Two processes load much. */
const TIMEOUT = { timeout: 180_000 }

afterEach(dispose)

/** Of an account on the ledger. */
interface Owner {
  readonly secret: string
  readonly address: string
}

function makeOwner(): Owner {
  const secret = generateSeed()
  return { secret, address: deriveAddress(deriveKeypair(secret).publicKey) }
}

class PaychanConnector {
  status: PaychanStatus | undefined
  readonly #child: ChildProcess

  constructor(plan: PaychanPlan) {
    this.#child = fork(join(import.meta.dirname, 'paychan-connector.ts'), [JSON.stringify(plan)], {
      execArgv: ['--conditions=@hourglass/source', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', (status: PaychanStatus) => (this.status = status))
    cleanups.push(() => this.#child.kill('SIGKILL'))
  }

  async until(isSo: (status: PaychanStatus) => boolean): Promise<PaychanStatus> {
    while (this.status === undefined || !isSo(this.status)) {
      if (this.#child.exitCode !== null) throw new Error(`the connector has ended: ${this.#child.exitCode}`)
      await wait(5)
    }
    return this.status
  }

  /** Its plugin claims what it has of the peer's, and waits for that. */
  async stop(ledger: XrplStandalone): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.send('stop')
    await closeFor(ledger, this)
    await ended
  }
}

/** Closes a ledger once all of them wait for one: what is in it before a plugin waits for it, that plugin misses. */
async function closeFor(ledger: XrplStandalone, ...connectors: PaychanConnector[]): Promise<void> {
  await Promise.all(connectors.map((each) => each.until(({ awaitsLedger }) => awaitsLedger)))
  ledger.closeLedger()
}

describe('interop: ilp-plugin-xrp-paychan as account and settlement of our connector', () => {
  it(
    'pays by its channels both ways what our connectors order, and takes it in on the ledger',
    TIMEOUT,
    async () => {
      const ledger = await startXrplStandalone()
      cleanups.push(() => ledger.stop())
      const owners = { acme: makeOwner(), bolt: makeOwner() }
      for (const { address } of Object.values(owners)) ledger.fund(address, FUNDS)
      ledger.closeLedger()
      const plan = (own: Owner, other: Owner): Pick<PaychanPlan, 'options' | 'secret'> => ({
        options: { xrpServer: ledger.url, address: own.address, peerAddress: other.address },
        secret: own.secret,
      })
      const bolt = new PaychanConnector({ ...plan(owners.bolt, owners.acme), name: 'bolt', child: 'bob' })
      const { pluginPort } = await bolt.until(({ port }) => port > 0)
      const server = `btp+ws://:${SECRET}@${HOST}:${pluginPort}`
      const acme = new PaychanConnector({
        ...plan(owners.acme, owners.bolt),
        ...{ name: 'acme', child: 'alice', server },
      })
      // A channel of each.
      await closeFor(ledger, acme, bolt)
      const ports = await Promise.all([acme, bolt].map((each) => each.until(({ isUp }) => isUp)))
      const [alice, bob] = await Promise.all([childOf(ports[0]!, 'alice'), childOf(ports[1]!, 'bob')])

      expect(await pay(alice, 'test.bolt.bob', '1500')).toBe('1500')
      await Promise.all([
        acme.until(({ sent }) => sent === 1500),
        bolt.until(({ received }) => received === 1500),
      ])
      expect(await pay(bob, 'test.acme.alice', '2700')).toBe('2700')
      await Promise.all([
        bolt.until(({ sent }) => sent === 2700),
        acme.until(({ received }) => received === 2700),
      ])
      expect(await pay(alice, 'test.bolt.bob', '4000')).toBe('4000')
      await bolt.until(({ received }) => received === 5500)

      const holds = ({ address }: Owner): bigint => ledger.balanceOf(address)
      const before = { acme: holds(owners.acme), bolt: holds(owners.bolt) }
      await acme.stop(ledger)
      await bolt.stop(ledger)
      expect(holds(owners.acme)).toBe(before.acme + 2700n - FEE)
      expect(holds(owners.bolt)).toBe(before.bolt + 5500n - FEE)
    },
  )
})
