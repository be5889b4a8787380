/** A link driven by the real clock, whose outputs can be awaited. */
import type { LinkOutput } from '@hourglass/link'
import { type Driver, drive, now } from '@hourglass/sansio/io'
import { BtpLink, type BtpLinkOptions, type BtpWireIn, type BtpWireOut } from '@hourglass/link-btp'

type Output = Exclude<LinkOutput<BtpWireOut>, { kind: 'wire' }>
type Kind = Output['kind']

export class DrivenLink {
  /** Where wires go; set once the socket is there. */
  send: (wire: BtpWireOut) => void = nothing
  readonly outputs: Output[] = []
  readonly #driver: Driver<Parameters<BtpLink['handle']>[0]>
  #changed: () => void = nothing

  constructor(options: BtpLinkOptions) {
    this.#driver = drive(new BtpLink(options), (output) => {
      if (output.kind === 'wire') {
        this.send(output.wire)
      } else {
        this.outputs.push(output)
        this.#changed()
      }
    })
  }

  receive = (wire: BtpWireIn): void => this.#driver.push({ kind: 'wire', wire })

  request(id: number, protocol: string, body: Uint8Array): void {
    this.#driver.push({ kind: 'request', id, protocol, body, deadline: now() + 30_000 })
  }

  reply(id: number, body: Uint8Array): void {
    this.#driver.push({ kind: 'reply', id, body })
  }

  refuse(id: number, message: string): void {
    this.#driver.push({ kind: 'refuse', id, message })
  }

  stop(): void {
    this.#driver.stop()
  }

  /** The oldest output of that kind that nobody has taken; waits for it. */
  async take<K extends Kind>(kind: K): Promise<Extract<Output, { kind: K }>> {
    for (;;) {
      const index = this.outputs.findIndex((output) => output.kind === kind)
      if (index >= 0) return this.outputs.splice(index, 1)[0] as Extract<Output, { kind: K }>
      await new Promise<void>((resolve) => (this.#changed = resolve))
    }
  }
}

/** Something that is told again and again, to be awaited one by one. */
export class Reports<T> {
  readonly all: T[] = []
  #taken = 0
  #changed: () => void = nothing

  report = (item: T): void => {
    this.all.push(item)
    this.#changed()
  }

  async next(): Promise<T> {
    while (this.all.length === this.#taken) await new Promise<void>((resolve) => (this.#changed = resolve))
    return this.all[this.#taken++]!
  }
}

function nothing(): void {
  // Until there is something to do.
}
