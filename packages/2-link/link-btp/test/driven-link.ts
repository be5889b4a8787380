/** A link driven by the real clock, whose outputs can be awaited. */
import type { LinkInput, LinkOutput } from '@hourglass/link'
import { BtpLink, type BtpLinkOptions, type BtpWireIn, type BtpWireOut } from '@hourglass/link-btp'
import { type Driver, drive, now } from '@hourglass/sansio/io'

type Output = Exclude<LinkOutput<BtpWireOut>, { kind: 'wire' }>

export class DrivenLink {
  /** Where wires go, once there is a socket. */
  send: ((wire: BtpWireOut) => void) | undefined
  readonly outputs: Output[] = []
  readonly #driver: Driver<LinkInput<BtpWireIn>>
  readonly #changes = new Changes()

  constructor(options: BtpLinkOptions) {
    this.#driver = drive(new BtpLink(options), (output) => {
      if (output.kind === 'wire') {
        this.send?.(output.wire)
      } else {
        this.outputs.push(output)
        this.#changes.tell()
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

  stop(): void {
    this.#driver.stop()
  }

  /** The oldest output of that kind that nobody has taken; waits for it. */
  async take<K extends Output['kind']>(kind: K): Promise<Extract<Output, { kind: K }>> {
    for (;;) {
      const index = this.outputs.findIndex((output) => output.kind === kind)
      if (index >= 0) return this.outputs.splice(index, 1)[0] as Extract<Output, { kind: K }>
      await this.#changes.next()
    }
  }
}

/** Something that is told again and again, to be awaited one by one. */
export class Reports<T> {
  readonly all: T[] = []
  readonly #changes = new Changes()
  #taken = 0

  report = (item: T): void => {
    this.all.push(item)
    this.#changes.tell()
  }

  async next(): Promise<T> {
    while (this.all.length === this.#taken) await this.#changes.next()
    return this.all[this.#taken++]!
  }
}

/** Wakes all who wait. */
class Changes {
  #waiting: (() => void)[] = []

  async next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  tell(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
