/** Our end of a BTP session: asks, and answers the peer's requests. */
import type { LinkFailure } from '@hourglass/link'
import { BtpLink, type BtpLinkOptions, type BtpWireIn, type BtpWireOut } from '@hourglass/link-btp'
import { type LinkError, connectBtp } from '@hourglass/link-btp/io'
import { type Driver, drive, now } from '@hourglass/sansio/io'

export type Answer = { readonly body: Uint8Array } | { readonly failure: LinkFailure }

/** What it serves with; a text is a refusal. */
type Serve = (packet: Uint8Array) => Uint8Array | string

export class OurEnd {
  send: ((wire: BtpWireOut) => void) | undefined
  serve: Serve = () => 'nothing is served here'
  readonly #driver: Driver<Parameters<BtpLink['handle']>[0]>
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #ups = 0
  #upAgain: (() => void) | undefined

  constructor(options: BtpLinkOptions) {
    this.#driver = drive(new BtpLink(options), (output) => {
      switch (output.kind) {
        case 'wire':
          this.send?.(output.wire)
          break
        case 'up':
          this.#ups++
          this.#upAgain?.()
          break
        case 'down':
          break
        case 'request': {
          const { id, protocol } = output
          const served = protocol === 'ilp' ? this.serve(output.body) : `${protocol} is not served here`
          if (typeof served === 'string') this.#driver.push({ kind: 'refuse', id, message: served })
          else this.#driver.push({ kind: 'reply', id, body: served })
          break
        }
        case 'reply':
        case 'failed':
          this.#asked.get(output.id)?.(output)
          break
      }
    })
  }

  receive = (wire: BtpWireIn): void => this.#driver.push({ kind: 'wire', wire })

  /** Resolves once the link has come up `times` times. */
  async up(times = 1): Promise<void> {
    while (this.#ups < times) await new Promise<void>((resolve) => (this.#upAgain = resolve))
  }

  async ask(body: Uint8Array, protocol = 'ilp'): Promise<Answer> {
    const id = this.#asked.size
    return new Promise((resolve) => {
      this.#asked.set(id, resolve)
      this.#driver.push({ kind: 'request', id, protocol, body, deadline: now() + 30_000 })
    })
  }

  stop(): void {
    this.#driver.stop()
  }
}

interface ConnectOurEndOptions {
  /** `ws://…` */
  readonly url: string
  readonly username: string
  readonly token: string
  readonly report?: (error: LinkError) => void
}

interface ConnectedEnd {
  readonly end: OurEnd
  readonly close: () => Promise<void>
}

/** As a client; up when `up` says so. */
export function connectOurEnd({ url, username, token, report }: ConnectOurEndOptions): ConnectedEnd {
  const end = new OurEnd({ role: 'client', username, token })
  const client = connectBtp({ url, receive: end.receive, ...(report !== undefined && { report }) })
  end.send = (wire) => client.send(wire)
  const close = async (): Promise<void> => {
    await client.close()
    end.stop()
  }
  return { end, close }
}
