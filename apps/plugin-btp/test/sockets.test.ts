/** The plugin over real sockets, in both roles. */
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { BtpPlugin } from '../src/index.ts'

/** Undone after each test, last first. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

describe('two BtpPlugins', () => {
  it('exchange packets, and log no token (LPI-23)', async () => {
    const said: unknown[][] = []
    const say = (...words: unknown[]): void => void said.push(words)
    const services = { log: { debug: say, info: say, warn: say, error: say } }
    const bob = new BtpPlugin({ listener: { port: 0, secret: 'hush-hush' } }, services)
    bob.registerDataHandler((data) => Promise.resolve(Buffer.from([13, ...data.subarray(1)])))
    const connecting = bob.connect()
    while (bob.port === undefined) await turn()
    const stranger = new BtpPlugin({ server: `btp+ws://:psst-psst@127.0.0.1:${bob.port}` }, services)
    const alice = new BtpPlugin({ server: `btp+ws://:hush-hush@127.0.0.1:${bob.port}` }, services)
    cleanups.push(...[bob, stranger, alice].map((plugin) => () => plugin.disconnect()))
    const refused = new Promise((resolve) => stranger.once('error', resolve))
    stranger.connect().catch(() => undefined)
    await refused
    await Promise.all([connecting, alice.connect()])
    expect(await alice.sendData(Buffer.from([12, 1]))).toEqual(Buffer.from([13, 1]))
    expect(said.length).toBeGreaterThan(0)
    expect(JSON.stringify(said)).not.toMatch(/hush|psst/)
  })
})
