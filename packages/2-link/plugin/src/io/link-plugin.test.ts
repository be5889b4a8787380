import { setImmediate as turn } from 'node:timers/promises'
import { MemoryJournal } from '@hourglass/journal'
import { LINK_BODY_BYTES_MAX, MemoryLink, type MemoryWire } from '@hourglass/link'
import { afterEach, describe, expect, it } from 'vitest'
import { type PluginAction, type PluginEvent, PluginSettlement } from '../index.ts'
import { type Carrier, LinkPlugin, type LinkPluginParts, type MoneyParts } from './index.ts'

const plugins: LinkPlugin[] = []
afterEach(async () => {
  await Promise.all(plugins.splice(0).map((plugin) => plugin.disconnect()))
})

/** The way between two plugins: open while both are connected and nobody has cut it. */
class Way {
  readonly #ends = new Map<string, (wire: MemoryWire) => void>()
  /** Ends that were opened, in all. */
  opened = 0

  open(name: string, receive: (wire: MemoryWire) => void): Carrier {
    this.opened++
    this.#ends.set(name, receive)
    if (this.#ends.size === 2) this.tell({ kind: 'opened' })
    return {
      send: (wire) => this.#other(name)?.(wire as MemoryWire),
      close: () => {
        this.tell({ kind: 'closed' })
        this.#ends.delete(name)
        return Promise.resolve()
      },
    }
  }

  tell(wire: MemoryWire): void {
    for (const receive of this.#ends.values()) receive(wire)
  }

  #other(name: string): ((wire: MemoryWire) => void) | undefined {
    return [...this.#ends].find(([each]) => each !== name)?.[1]
  }
}

function pluginOn(way: Way, name: string, parts: Partial<LinkPluginParts> = {}): LinkPlugin {
  const plugin = new LinkPlugin({
    link: new MemoryLink(),
    open: (receive) => way.open(name, receive),
    ...parts,
  })
  plugins.push(plugin)
  return plugin
}

interface Pair {
  readonly way: Way
  readonly alice: LinkPlugin
  readonly bob: LinkPlugin
}

async function pair(parts: Partial<LinkPluginParts> = {}): Promise<Pair> {
  const way = new Way()
  const [alice, bob] = [pluginOn(way, 'alice', parts), pluginOn(way, 'bob')]
  await Promise.all([alice.connect(), bob.connect()])
  return { way, alice, bob }
}

const PACKET = Buffer.from([12, 1, 2, 3])
const ANSWER = Buffer.from([13, 9])

describe('a link as a plugin', () => {
  it('is of version 2, the class and what is made of it (LPI-01)', () => {
    expect([LinkPlugin.version, pluginOn(new Way(), 'alice').version]).toEqual([2, 2])
  })

  it('touches nothing before it connects (LPI-04)', async () => {
    const way = new Way()
    const plugin = pluginOn(way, 'alice')
    await turn()
    expect([way.opened, plugin.isConnected()]).toEqual([0, false])
    await expect(plugin.sendData(PACKET)).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('connects when the peer is there, once, however often it is told to (LPI-05, LPI-08)', async () => {
    const way = new Way()
    const [alice, bob] = [pluginOn(way, 'alice'), pluginOn(way, 'bob')]
    let isConnected = false
    const connecting = [alice.connect(), alice.connect()].map((each) => each.then(() => (isConnected = true)))
    await turn()
    expect([isConnected, alice.isConnected()]).toEqual([false, false])
    await Promise.all([bob.connect(), ...connecting])
    await alice.connect({ timeout: 1 })
    expect([alice.isConnected(), bob.isConnected(), way.opened]).toEqual([true, true, 2])
  })

  it('gives up connecting at its timeout, and may be told again (LPI-06)', async () => {
    const way = new Way()
    const alice = pluginOn(way, 'alice')
    await expect(alice.connect({ timeout: 10 })).rejects.toMatchObject({
      name: 'UnreachableError',
      message: 'the peer was not there within 10 ms',
    })
    await Promise.all([alice.connect(), pluginOn(way, 'bob').connect()])
    expect(alice.isConnected()).toBe(true)
  })

  it('says nothing before it has a way to say it on, though the way was open at once', async () => {
    const way = new Way()
    const said: unknown[] = []
    const alice = pluginOn(way, 'alice')
    const bob = pluginOn(way, 'bob', {
      // Told that it is open, and asked, before whoever opens it has it in hand.
      open(receive) {
        const carrier = way.open('bob', receive)
        receive({ kind: 'request', key: 1, protocol: 'ilp', body: PACKET })
        return {
          close: () => carrier.close(),
          send(wire) {
            said.push(wire)
            carrier.send(wire)
          },
        }
      },
    })
    bob.registerDataHandler(() => Promise.resolve(ANSWER))
    await Promise.all([alice.connect(), bob.connect()])
    await turn()
    expect(said).toMatchObject([{ kind: 'reply', key: 1 }])
  })

  it('does not connect where the way cannot be opened', async () => {
    const open = (): Promise<Carrier> => Promise.reject(new Error('the port is taken'))
    await expect(pluginOn(new Way(), 'alice', { open }).connect()).rejects.toThrow('the port is taken')
  })

  it('stops connecting where it is told to disconnect', async () => {
    const alice = pluginOn(new Way(), 'alice')
    const connecting = expect(alice.connect()).rejects.toThrow('was disconnected')
    await turn()
    await alice.disconnect()
    await connecting
  })

  it('tells nothing more once it has disconnected (LPI-07)', async () => {
    const { way, alice, bob } = await pair()
    const told: string[] = []
    for (const event of ['connect', 'disconnect']) alice.on(event, () => told.push(event))
    alice.registerDataHandler(() => Promise.resolve(ANSWER))
    await alice.disconnect()
    expect([told.splice(0), alice.isConnected()]).toEqual([['disconnect'], false])
    alice.registerMoneyHandler(() => expect.fail('money came'))
    await expect(bob.sendData(PACKET)).rejects.toMatchObject({ name: 'UnreachableError' })
    way.tell({ kind: 'opened' })
    expect(told).toEqual([])
  })

  it('tells of each connection and each loss; an error is neither (LPI-09)', async () => {
    const { way, alice } = await pair()
    const told: string[] = []
    for (const event of ['connect', 'disconnect']) alice.on(event, () => told.push(event))
    way.tell({ kind: 'closed' })
    way.tell({ kind: 'opened' })
    expect(told).toEqual(['disconnect', 'connect'])
  })

  it('tells of errors of the way, without being disconnected by them (LPI-09)', async () => {
    const way = new Way()
    let report: (error: Error) => void = () => undefined
    const alice = pluginOn(way, 'alice', {
      open: (receive, tell) => {
        report = tell
        return way.open('alice', receive)
      },
    })
    await Promise.all([alice.connect(), pluginOn(way, 'bob').connect()])
    report(new Error('nobody listens, and nothing is thrown'))
    const errors: Error[] = []
    alice.on('error', (error: Error) => errors.push(error))
    report(new Error('a hiccup'))
    expect([errors.map(({ message }) => message), alice.isConnected()]).toEqual([['a hiccup'], true])
  })
})

describe('data by a link as a plugin', () => {
  it('gets the answer of the peer, a Reject like any other (LPI-10, LPI-11, LPI-13)', async () => {
    const { alice, bob } = await pair()
    const reject = Buffer.from([14, 1])
    bob.registerDataHandler((data) => Promise.resolve(data.equals(PACKET) ? ANSWER : reject))
    expect(await alice.sendData(PACKET)).toEqual(ANSWER)
    expect(await alice.sendData(ANSWER)).toEqual(reject)
  })

  it('is refused where there is no handler, or it fails, or gives no packet (LPI-16, LPI-21)', async () => {
    const { alice, bob } = await pair()
    const refusal = { name: 'NotAcceptedError' }
    await expect(alice.sendData(PACKET)).rejects.toMatchObject(refusal)
    for (const handler of [() => Promise.reject(new Error('no')), () => Promise.resolve('text' as never)]) {
      bob.registerDataHandler(handler)
      await expect(alice.sendData(PACKET)).rejects.toMatchObject(refusal)
      bob.deregisterDataHandler()
    }
  })

  it('fails where the way closes, or the peer says nothing in time', async () => {
    const { way, alice, bob } = await pair({ responseTimeoutMs: 5 })
    bob.registerDataHandler(() => new Promise(() => undefined))
    await expect(alice.sendData(PACKET)).rejects.toThrow('no answer came')
    alice.registerDataHandler(() => new Promise(() => undefined))
    const late = bob.sendData(PACKET)
    way.tell({ kind: 'closed' })
    await expect(late).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('is a buffer that a link can carry', async () => {
    const { alice } = await pair()
    await expect(alice.sendData('packet' as never)).rejects.toThrow(TypeError)
    await expect(alice.sendData(Buffer.alloc(LINK_BODY_BYTES_MAX + 1))).rejects.toMatchObject({
      name: 'InvalidFieldsError',
    })
  })
})

describe('handlers of a link as a plugin', () => {
  it('of data are functions, one at a time (LPI-14, LPI-15, LPI-19)', () => {
    const alice = pluginOn(new Way(), 'alice')
    const handler = (): Promise<Buffer> => Promise.resolve(ANSWER)
    expect(() => alice.registerDataHandler(null as never)).toThrow(TypeError)
    alice.registerDataHandler(handler)
    const again = (): void => alice.registerDataHandler(handler)
    expect(again).toThrow(expect.objectContaining({ name: 'DataHandlerAlreadyRegisteredError' }))
    alice.deregisterDataHandler()
    alice.deregisterDataHandler()
    expect(again).not.toThrow()
  })

  it('of money are functions, one at a time, also where no money comes (LPI-17, LPI-18, LPI-19)', () => {
    const alice = pluginOn(new Way(), 'alice')
    const handler = (): Promise<void> => Promise.resolve()
    expect(() => alice.registerMoneyHandler(undefined as never)).toThrow(TypeError)
    alice.registerMoneyHandler(handler)
    const again = (): void => alice.registerMoneyHandler(handler)
    expect(again).toThrow(expect.objectContaining({ name: 'MoneyHandlerAlreadyRegisteredError' }))
    alice.deregisterMoneyHandler()
    alice.deregisterMoneyHandler()
    expect(again).not.toThrow()
  })
})

/** A settlement whose ledger is the test: what it is told to pay, and what it hears. */
class Till {
  readonly journal = new MemoryJournal()
  readonly paid: bigint[] = []
  answers = true
  #hear: (event: PluginEvent) => void = () => undefined
  #lastId = 0

  parts(): MoneyParts {
    const settlement = new PluginSettlement('peer')
    const records = this.journal.load('')
    settlement.restore(records)
    return {
      ...{ account: 'peer', settlement, journal: this.journal, records },
      perform: (action) => this.#perform(action as PluginAction),
      listen: (hear) => void (this.#hear = hear),
    }
  }

  receive(amount: bigint): void {
    this.#hear({ kind: 'received', id: ++this.#lastId, amount })
    this.settle()
  }

  /** All that is committed, and what follows from it, becomes durable. */
  settle(): void {
    while (this.journal.waiting > 0) this.journal.flush()
  }

  #perform(action: PluginAction): void {
    if (action.kind !== 'pay') return
    this.paid.push(action.amount)
    if (this.answers) setImmediate(() => this.#hear({ kind: 'paid', id: action.id }))
  }
}

describe('money by a link as a plugin', () => {
  it('is refused clearly where there is no settlement (LPI-21)', async () => {
    const { alice } = await pair()
    await expect(alice.sendMoney('100')).rejects.toMatchObject({
      name: 'NotAcceptedError',
      message: 'this plugin carries packets and moves no money: it has no settlement',
    })
  })

  it.each(['', '-1', '1.5', 'much', 5 as never])('is no amount: %j', async (amount) => {
    const { alice } = await pair()
    await expect(alice.sendMoney(amount)).rejects.toMatchObject({ name: 'InvalidFieldsError' })
  })

  it('is sent by the settlement, and the call ends when the peer has had it (LPI-12)', async () => {
    const till = new Till()
    const { alice } = await pair({ money: till.parts() })
    let sent = 0
    const sending = ['100', '30', '0'].map((amount) => alice.sendMoney(amount).then(() => sent++))
    await turn()
    expect([till.paid, sent]).toEqual([[], 1])
    while (sent < 3) {
      till.settle()
      await turn()
    }
    await Promise.all(sending)
    expect(till.paid.reduce((sum, amount) => sum + amount)).toBe(130n)
  })

  it('that was ordered is sent once, though the process ends in between', async () => {
    const till = new Till()
    till.answers = false
    const first = await pair({ money: till.parts() })
    void first.alice.sendMoney('100')
    till.journal.flush()
    till.journal.lose()
    expect(till.paid).toEqual([])
    const next = await pair({ money: till.parts() })
    till.settle()
    void next.alice.sendMoney('0')
    expect(till.paid).toEqual([100n])
  })

  it('that came in is told once it is final, once, as a decimal string (LPI-17, LPI-20)', async () => {
    const till = new Till()
    const { alice } = await pair({ money: till.parts() })
    const told: string[] = []
    till.receive(40n)
    const handler = (amount: string): Promise<void> => {
      told.push(amount)
      return Promise.resolve()
    }
    alice.registerMoneyHandler(handler)
    till.receive(2n)
    expect(told).toEqual(['40', '2'])
    const next = await pair({ money: till.parts() })
    next.alice.registerMoneyHandler(handler)
    till.settle()
    expect(told).toEqual(['40', '2'])
  })

  it('that a handler fails to count is an error, and is not told again', async () => {
    const till = new Till()
    const { alice } = await pair({ money: till.parts() })
    const errors: Error[] = []
    alice.on('error', (error: Error) => errors.push(error))
    alice.registerMoneyHandler(() => Promise.reject(new Error('no such account')))
    till.receive(40n)
    await turn()
    expect(errors.map(({ message }) => message)).toEqual(['no such account'])
  })
})
