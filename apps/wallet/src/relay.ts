/**
 * Lets other programs of this wallet use its link: BTP on this machine, requests handed on as they are.
 * Only requests of guests are carried; what the connector asks is for the holder.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { LinkInput, LinkOutput } from '@hourglass/link'
import { BtpLink, type BtpWireIn, type BtpWireOut } from '@hourglass/link-btp'
import { type BtpServer, listenBtp } from '@hourglass/link-btp/io'
import { type Driver, drive, now } from '@hourglass/sansio/io'
import type { ConnectorLink } from './connector-link.ts'

type GuestLink = Driver<LinkInput<BtpWireIn>>

/** Longer than any request of a guest: its own deadline counts. */
const DEADLINE_MS = 120_000

export class Relay {
  readonly token = randomBytes(32).toString('base64url')
  readonly #link: ConnectorLink
  readonly #guests = new Map<string, GuestLink>()
  #server: BtpServer | undefined
  #isClosing = false
  #emptied: (() => void) | undefined

  private constructor(link: ConnectorLink) {
    this.#link = link
  }

  static async open(link: ConnectorLink): Promise<Relay> {
    const relay = new Relay(link)
    relay.#server = await listenBtp({
      host: '127.0.0.1',
      port: 0,
      authenticate: ({ username, token }) => (relay.#admits(token) ? username : undefined),
      receive: (guest, wire) => relay.#receive(guest, wire),
    })
    return relay
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#server?.port ?? 0}/`
  }

  /** Takes no new guests, and resolves when the last one has gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#guests.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve))
    await this.#server?.close()
  }

  #admits(token: string): boolean {
    return !this.#isClosing && timingSafeEqual(digest(token), digest(this.token))
  }

  #receive(guest: string, wire: BtpWireIn): void {
    let driver = this.#guests.get(guest)
    if (driver === undefined) {
      driver = this.#welcome(guest)
      this.#guests.set(guest, driver)
    }
    driver.push({ kind: 'wire', wire })
    if (wire.kind !== 'closed') return
    driver.stop()
    this.#guests.delete(guest)
    if (this.#guests.size === 0) this.#emptied?.()
  }

  #welcome(guest: string): GuestLink {
    const link = new BtpLink({ role: 'server' })
    const driver: GuestLink = drive<LinkInput<BtpWireIn>, LinkOutput<BtpWireOut>>(link, (output) => {
      if (output.kind === 'wire') this.#server?.send(guest, output.wire)
      if (output.kind === 'request') this.#carry(driver, output)
    })
    return driver
  }

  #carry(
    guest: GuestLink,
    { id, protocol, body }: Extract<LinkOutput<BtpWireOut>, { kind: 'request' }>,
  ): void {
    this.#link.request(protocol, body, now() + DEADLINE_MS, (answer) => {
      if ('body' in answer) guest.push({ kind: 'reply', id, body: answer.body })
      // Of a lost request nobody may say that it was not served: the guest's own deadline ends it.
      else if (answer.failure !== 'lost') guest.push({ kind: 'refuse', id, message: answer.failure })
    })
  }
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
