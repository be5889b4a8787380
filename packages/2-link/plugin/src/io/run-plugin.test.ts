import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { LINK_BODY_BYTES_MAX, type MemoryWire } from '@hourglass/link'
import { afterEach, describe, expect, it } from 'vitest'
import type { PluginAction, PluginEvent } from '../index.ts'
import {
  type DataHandler,
  type MoneyHandler,
  type PluginError,
  type RunningPlugin,
  runPlugin,
} from './index.ts'

/** A plugin of which the test says how its calls end. */
class ScriptedPlugin extends EventEmitter {
  dataHandler: DataHandler | undefined
  moneyHandler: MoneyHandler | undefined
  isUp = false
  disconnects = 0
  readonly paid: string[] = []
  onConnect = (): Promise<void> => {
    this.up()
    return Promise.resolve()
  }
  onData: (data: Buffer) => Promise<unknown> = (data) => Promise.resolve(data)
  onMoney = (): Promise<void> => Promise.resolve()

  up(): void {
    this.isUp = true
    this.emit('connect')
  }

  drop(): void {
    this.isUp = false
    this.emit('disconnect')
  }

  connect = (): Promise<void> => this.onConnect()
  disconnect = (): Promise<void> => {
    this.disconnects++
    return Promise.resolve()
  }
  isConnected = (): boolean => this.isUp
  sendData = (data: Buffer): Promise<Buffer> => this.onData(data) as Promise<Buffer>
  sendMoney = (amount: string): Promise<void> => {
    this.paid.push(amount)
    return this.onMoney()
  }
  registerDataHandler = (handler: DataHandler): void => void (this.dataHandler = handler)
  deregisterDataHandler = (): void => void (this.dataHandler = undefined)
  registerMoneyHandler = (handler: MoneyHandler): void => void (this.moneyHandler = handler)
  deregisterMoneyHandler = (): void => void (this.moneyHandler = undefined)
}

interface Rig {
  readonly running: RunningPlugin
  readonly plugin: ScriptedPlugin
  /** Each instance that was made. */
  readonly made: ScriptedPlugin[]
  readonly wires: MemoryWire[]
  readonly events: PluginEvent[]
  readonly errors: PluginError[]
}

const running: RunningPlugin[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

function rig(prepare: (plugin: ScriptedPlugin, instance: number) => void = () => undefined): Rig {
  const made: ScriptedPlugin[] = []
  const [wires, events, errors]: [MemoryWire[], PluginEvent[], PluginError[]] = [[], [], []]
  const run = runPlugin({
    make: () => {
      const plugin = new ScriptedPlugin()
      made.push(plugin)
      prepare(plugin, made.length)
      return plugin
    },
    receive: (wire) => void wires.push(wire),
    hear: (event) => void events.push(event),
    report: (error) => void errors.push(error),
  })
  running.push(run)
  return { running: run, plugin: made[0]!, made, wires, events, errors }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn()
}

async function connected(): Promise<Rig> {
  const all = rig()
  await until(() => all.wires.length > 0)
  expect(all.wires.splice(0)).toEqual([{ kind: 'opened' }])
  return all
}

const BODY = Uint8Array.of(12, 1, 2, 3)
const request = { kind: 'request', key: 5, protocol: 'ilp', body: BODY } as const
const pay: PluginAction = { kind: 'pay', id: 9, amount: 250n }

describe('a plugin that is run', () => {
  it('is handed its handlers before it connects, and is up when it says so, once', async () => {
    const { plugin, wires } = rig((made) => {
      made.onConnect = () => {
        expect([made.dataHandler, made.moneyHandler]).not.toContain(undefined)
        made.up()
        return Promise.resolve()
      }
    })
    await until(() => wires.length > 0)
    await turn()
    plugin.up()
    expect(wires).toEqual([{ kind: 'opened' }])
  })

  it('is up where connect() ends though it tells no event', async () => {
    const { wires } = rig((made) => {
      made.onConnect = () => {
        made.isUp = true
        return Promise.resolve()
      }
    })
    await until(() => wires.length > 0)
    expect(wires).toEqual([{ kind: 'opened' }])
  })

  it('is down and up again as it says', async () => {
    const { plugin, wires } = await connected()
    plugin.drop()
    plugin.drop()
    plugin.up()
    expect(wires).toEqual([{ kind: 'closed' }, { kind: 'opened' }])
  })

  it('is not taken for down because of an error event, which is reported', async () => {
    const { plugin, wires, errors } = await connected()
    plugin.emit('error', new Error('a hiccup'))
    expect(wires).toEqual([])
    expect(errors).toMatchObject([{ code: 'says-error', message: 'a hiccup' }])
  })

  it('is given up for a new one where it cannot connect, and told to disconnect', async () => {
    const { made, wires, errors } = rig((plugin, instance) => {
      if (instance === 1) plugin.onConnect = async () => Promise.reject(new Error('refused'))
    })
    await until(() => wires.length > 0)
    expect(made).toHaveLength(2)
    expect(made[0]!.disconnects).toBe(1)
    expect(errors).toMatchObject([{ code: 'not-connected', message: 'cannot connect: refused' }])
    made[0]!.drop()
    expect(wires).toEqual([{ kind: 'opened' }])
  })

  it('may refuse to be made, which is told whoever runs it', () => {
    const make = (): never => {
      throw new Error('no server given')
    }
    expect(() => runPlugin({ make, receive: () => undefined })).toThrow('no server given')
  })
})

describe('packets by plugin', () => {
  it('go out as buffers, and the answers come back', async () => {
    const { running: run, plugin, wires } = await connected()
    plugin.onData = (data) => Promise.resolve(Buffer.concat([Buffer.from([data.length]), data]))
    run.send(request)
    await until(() => wires.length > 0)
    expect(wires).toEqual([{ kind: 'reply', key: 5, body: Uint8Array.of(4, ...BODY) }])
  })

  it.each<[string, () => Promise<unknown>, MemoryWire['kind']]>([
    ['fails is lost', async () => Promise.reject(new Error('socket hang up')), 'lost'],
    ['fails by what is no error is lost', async () => Promise.reject('no'), 'lost'], // eslint-disable-line
    ['is answered by no packet is lost', () => Promise.resolve('packet'), 'lost'],
    ['is answered by too much is lost', () => Promise.resolve(Buffer.alloc(LINK_BODY_BYTES_MAX + 1)), 'lost'],
    [
      'the peer says not to take is refused (LPI-21)',
      async () => Promise.reject(Object.assign(new Error(), { name: 'NotAcceptedError' })),
      'refusal',
    ],
    ['is answered by nothing is refused', () => Promise.resolve(Buffer.alloc(0)), 'refusal'],
  ])('one that %s', async (_, onData, kind) => {
    const { running: run, plugin, wires } = await connected()
    plugin.onData = onData
    run.send(request)
    await until(() => wires.length > 0)
    expect(wires).toMatchObject([{ kind, key: 5 }])
  })

  it('of other protocols are refused, since a plugin carries packets alone', async () => {
    const { running: run, plugin, wires } = await connected()
    plugin.onData = () => expect.fail('the plugin was asked')
    run.send({ ...request, protocol: 'channel' })
    expect(wires).toMatchObject([{ kind: 'refusal', key: 5 }])
  })

  it('of the peer get our answers, or our refusals as errors', async () => {
    const { running: run, plugin, wires } = await connected()
    const answers = [1, 2].map((n) => plugin.dataHandler!(Buffer.from([n])))
    await until(() => wires.length === 2)
    const [first, second] = wires.map((wire) => ('key' in wire ? wire.key : 0))
    run.send({ kind: 'refusal', key: second!, message: 'not served' })
    run.send({ kind: 'reply', key: first!, body: BODY })
    expect(await answers[0]).toEqual(Buffer.from(BODY))
    await expect(answers[1]).rejects.toMatchObject({ name: 'NotAcceptedError', message: 'not served' })
  })

  it('of the peer that have no answer when the way closes fail', async () => {
    const { plugin } = await connected()
    const answer = plugin.dataHandler!(Buffer.from(BODY))
    plugin.drop()
    await expect(answer).rejects.toThrow('the link is down')
  })

  it('are served while the plugin connects, for it may want to know its address first', async () => {
    const {
      running: run,
      plugin,
      wires,
    } = rig((made) => {
      made.onConnect = async () => {
        expect(await made.dataHandler!(Buffer.from([1]))).toEqual(Buffer.from(BODY))
        made.up()
      }
    })
    await until(() => wires.length > 0)
    expect(wires).toMatchObject([{ kind: 'request' }])
    run.send({ kind: 'reply', key: 'key' in wires[0]! ? wires[0].key : 0, body: BODY })
    await until(() => plugin.isUp)
    expect(wires[1]).toEqual({ kind: 'opened' })
  })
})

describe('money by plugin', () => {
  it('is ordered as a decimal string, and paid when the call is done (LPI-12)', async () => {
    const { running: run, plugin, events } = await connected()
    run.perform(pay)
    await until(() => events.length > 0)
    expect(plugin.paid).toEqual(['250'])
    expect(events).toEqual([{ kind: 'paid', id: 9 }])
  })

  it('is of unknown outcome where the call fails, whatever the error is called', async () => {
    const { running: run, plugin, events } = await connected()
    plugin.onMoney = async () =>
      Promise.reject(Object.assign(new Error('late'), { name: 'NotAcceptedError' }))
    run.perform(pay)
    await until(() => events.length > 0)
    expect(events).toEqual([{ kind: 'unknown', id: 9, reason: 'late' }])
  })

  it('is not ordered of a plugin that is not connected, and known to be unpaid', async () => {
    const { running: run, plugin, wires, events } = await connected()
    plugin.isUp = false
    run.perform(pay)
    expect([plugin.paid, wires, events]).toEqual([[], [{ kind: 'closed' }], [{ kind: 'unpaid', id: 9 }]])
  })

  it('that comes in counts for the plugin when it is on record (LPI-17, LPI-20)', async () => {
    const { running: run, plugin, events } = await connected()
    let isCounted = false
    const counted = plugin.moneyHandler!('42').then(() => (isCounted = true))
    await turn()
    expect([events, isCounted]).toEqual([[{ kind: 'received', id: 1, amount: 42n }], false])
    run.perform({ kind: 'credited', id: 1 })
    await counted
  })

  it.each(['', '-1', '1.5', '1e3', '0x10', String(2n ** 64n), undefined])(
    'that comes in as %j is no amount, and is not counted',
    async (amount) => {
      const { plugin, events, errors } = await connected()
      await expect(plugin.moneyHandler!(amount!)).rejects.toThrow('decimal string')
      expect(events).toEqual([])
      expect(errors).toMatchObject([{ code: 'misbehaves' }])
    },
  )
})
