/** Children with tokens of their own choice, as ilp-plugin-mini-accounts has them; the child is ilp-plugin-btp. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningConnector, checkConfig, startConnector } from '@hourglass/connector-app'
import { ILDCP_CONDITION, decodeIldcpResponse } from '@hourglass/ilp'
import {
  deserializeIlpFulfill,
  deserializeIlpReply,
  serializeIlpFulfill,
  serializeIlpPrepare,
} from 'ilp-packet'
import plugin from 'ilp-plugin-btp'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default

const CHILDREN_MAX = 3
const OWED_MAX = 100
const directory = mkdtempSync(join(tmpdir(), 'hourglass-children-'))
const children: Child[] = []
let connector: RunningConnector

/** An npm plugin that fulfills what it gets. */
class Child {
  readonly #plugin: InstanceType<typeof PluginBtp>

  constructor(token: string, username = '') {
    this.#plugin = new PluginBtp({ server: `btp+ws://${username}:${token}@127.0.0.1:${connector.port!}` })
    this.#plugin.registerDataHandler((packet) => Promise.resolve(fulfill(packet)))
    children.push(this)
  }

  async connect(): Promise<this> {
    await this.#plugin.connect()
    return this
  }

  async disconnect(): Promise<void> {
    await this.#plugin.disconnect()
  }

  /** Its address, as the connector gives it: IL-DCP. */
  async address(): Promise<string> {
    const answer = await this.#send('peer.config', 0, Buffer.from(ILDCP_CONDITION))
    return decodeIldcpResponse(deserializeIlpFulfill(answer)).address
  }

  /** `fulfilled`, or the code of the Reject. */
  async pay(destination: string, amount: number): Promise<string> {
    const fulfillment = randomBytes(32)
    const condition = createHash('sha256').update(fulfillment).digest()
    const reply = deserializeIlpReply(await this.#send(destination, amount, condition, fulfillment))
    return 'code' in reply ? reply.code : 'fulfilled'
  }

  async #send(
    destination: string,
    amount: number,
    executionCondition: Buffer,
    data = Buffer.alloc(0),
  ): Promise<Buffer> {
    const expiresAt = new Date(Date.now() + 30_000)
    return this.#plugin.sendData(
      serializeIlpPrepare({ destination, amount: String(amount), executionCondition, expiresAt, data }),
    )
  }
}

/** The fulfillment is the first 32 octets of the data, which end the packet. */
function fulfill(packet: Buffer): Buffer {
  return serializeIlpFulfill({ fulfillment: packet.subarray(-32), data: Buffer.alloc(0) })
}

async function start(): Promise<RunningConnector> {
  return startConnector(
    checkConfig(
      {
        address: 'test.acme',
        data: directory,
        durability: 'process',
        listen: { port: 0 },
        logLevel: 'silent',
        accounts: [],
        children: {
          name: 'kids',
          asset: { code: 'XRP', scale: 9 },
          max: CHILDREN_MAX,
          balance: { max: String(OWED_MAX) },
        },
      },
      'children',
    ),
  )
}

function addressOf(token: string): string {
  return `test.acme.kids.${createHash('sha256').update(token).digest('base64url')}`
}

beforeAll(async () => {
  connector = await start()
})

afterAll(async () => {
  await Promise.all(children.map((child) => child.disconnect()))
  await connector.stop()
  rmSync(directory, { recursive: true })
})

const ALICE = randomBytes(16).toString('hex')
const BOB = randomBytes(16).toString('hex')

it('have the address that their token makes, and pay one another as far as each may owe', async () => {
  const alice = await new Child(ALICE).connect()
  const bob = await new Child(BOB).connect()
  expect(await alice.address()).toBe(addressOf(ALICE))
  expect(await bob.address()).toBe(addressOf(BOB))
  expect(await alice.pay(`${addressOf(BOB)}.any`, OWED_MAX)).toBe('fulfilled')
  expect(await alice.pay(addressOf(BOB), 1)).toBe('T04')
  // What bob has been paid, bob may spend, and his credit.
  expect(await bob.pay(addressOf(ALICE), 2 * OWED_MAX)).toBe('fulfilled')
  expect(await bob.pay(addressOf(ALICE), 1)).toBe('T04')
})

it('are refused with a token that can be guessed, with a name of their own, and when there are too many', async () => {
  await expect(new Child('guessed').connect()).rejects.toThrow()
  await expect(new Child(ALICE, 'alice').connect()).rejects.toThrow()
  const carol = await new Child(randomBytes(16).toString('hex')).connect()
  await expect(new Child(randomBytes(16).toString('hex')).connect()).rejects.toThrow()
  expect(await carol.pay(addressOf('somebody who never came'), 1)).toBe('F02')
})

it('are the same after they, and the connector, were away', async () => {
  await Promise.all(children.splice(0).map((child) => child.disconnect()))
  await connector.stop()
  connector = await start()
  const balances = [...connector.node.connector.accounts()].map(({ id, balance }) => [
    `test.acme.${id}`,
    balance,
  ])
  expect(new Map(balances as [string, bigint][])).toEqual(
    new Map([
      [addressOf(ALICE), -BigInt(OWED_MAX)],
      [addressOf(BOB), BigInt(OWED_MAX)],
    ]),
  )
  const alice = await new Child(ALICE).connect()
  expect(await alice.address()).toBe(addressOf(ALICE))
  const bob = await new Child(BOB).connect()
  expect(await bob.pay(addressOf(ALICE), 1)).toBe('T04')
  expect(await alice.pay(addressOf(BOB), 2 * OWED_MAX)).toBe('fulfilled')
})
