import { describe, expect, it } from 'vitest'
import { BtpPlugin } from './btp-plugin.ts'

const server = 'btp+ws://alice:hush@127.0.0.1:1'

describe('BtpPlugin is made', () => {
  it.each([
    { server },
    { server: 'btp+wss://host', btpAccount: 'alice', btpToken: 'hush' },
    { listener: { port: 0, secret: 'hush' } },
    // What ilp-connector hands to every plugin beside the operator's own.
    { server, _store: {}, _log: {} },
  ])('with options and services, of which it needs none (LPI-02, LPI-24): %j', (options) => {
    expect(new BtpPlugin(options)).toMatchObject({ version: 2 })
    expect(new BtpPlugin(options, {}).isConnected()).toBe(false)
  })

  it.each([
    [{}, 'give either server or listener'],
    [{ server, listener: { port: 0, secret: 'hush' } }, 'give either server or listener'],
    [
      { server: 'http://alice:hush@host' },
      "the peer's BTP URL is wrong: it begins with btp+ws:// or btp+wss://",
    ],
    [{ server, btpToken: 'hush' }, 'user and token are given in the URL or beside it, not both'],
    [{ listener: { port: 70_000, secret: 'hush' } }, 'listener.port must be a port'],
    [{ listener: { port: 0, secret: '' } }, 'listener.secret must be text'],
  ])('not with wrong ones, which it says without their secrets (LPI-03): %j', (options, message) => {
    expect(() => new BtpPlugin(options)).toThrow(
      expect.objectContaining({ name: 'InvalidFieldsError', message }),
    )
  })

  it('not with services that are none (LPI-03)', () => {
    const log = { debug: 1, info: 1, warn: 1, error: 1 } as never
    expect(() => new BtpPlugin({ server }, { log })).toThrow(
      expect.objectContaining({ name: 'InvalidServicesError', message: 'log.debug must be a function' }),
    )
  })
})
