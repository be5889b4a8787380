/**
 * What a customer knows of its own packets, both ways, and how it and its connector ask one another what became of
 * them. The questions are written and read here by the letter of `reconcile-protocol.ts`, not by its code.
 */
import type { Prepare } from '@hourglass/ilp'
import { Reader, Writer, encodeHex } from '@hourglass/oer'

export const RECONCILE_PROTOCOL = 'reconcile'

const VERSION = 1
const QUESTIONS_MAX = 256
const HASH_BYTES = 32
const PENDING = 0
const VOID = 1
const FULFILLED = 2

/** `open`: no answer yet. `unknown`: none will come any more, and the connector has to be asked. */
type State = 'open' | 'unknown' | 'fulfilled' | 'void'

interface Packet {
  readonly prepare: Prepare
  state: State
}

export class PeerBooks {
  /** By their conditions, of which no two are alike. */
  readonly #sent = new Map<string, Packet>()
  readonly #got = new Map<string, Packet>()

  /** Prepares that it has handed to its link. */
  get sent(): number {
    return this.#sent.size
  }

  /** What of its own Prepares was fulfilled, in base units of its account. */
  get paid(): bigint {
    return sum(this.#sent, 'fulfilled')
  }

  /** What it has fulfilled, in base units of its account. */
  get earned(): bigint {
    return sum(this.#got, 'fulfilled')
  }

  /** Conditions of what it has paid, and of what it has fulfilled. */
  get conditions(): { readonly paid: ReadonlySet<string>; readonly earned: ReadonlySet<string> } {
    return { paid: keys(this.#sent, 'fulfilled'), earned: keys(this.#got, 'fulfilled') }
  }

  /** Of its own packets, those without an outcome. */
  get undecided(): number {
    return count(this.#sent, 'open') + count(this.#sent, 'unknown')
  }

  send(prepare: Prepare): void {
    this.#sent.set(nameOf(prepare), { prepare, state: 'open' })
  }

  /** How a Prepare of its own ended, as far as its link can tell. */
  end(prepare: Prepare, state: State): void {
    this.#sent.get(nameOf(prepare))!.state = state
  }

  /** The connector must hand over each packet once. */
  get(prepare: Prepare): void {
    const name = nameOf(prepare)
    if (this.#got.has(name)) throw new Error(`the packet of condition ${name} came twice`)
    this.#got.set(name, { prepare, state: 'open' })
  }

  answer(prepare: Prepare, state: 'fulfilled' | 'void'): void {
    this.#got.get(nameOf(prepare))!.state = state
  }

  /** Asks what became of packets that nobody will answer any more; undefined: there are none. */
  ask(): { readonly body: Uint8Array; readonly about: readonly Prepare[] } | undefined {
    const unknown = [...this.#sent.values()].filter(({ state }) => state === 'unknown')
    if (unknown.length === 0) return undefined
    const about = unknown.slice(0, QUESTIONS_MAX).map(({ prepare }) => prepare)
    const writer = new Writer().uint8(VERSION).varUint(BigInt(about.length))
    for (const { amount, executionCondition, expiresAt } of about) {
      writer.varUint(amount).bytes(executionCondition).timestamp(expiresAt).uint8(0).uint8(0)
    }
    return { body: writer.finish(), about }
  }

  /** Takes the answers to `ask`. A fulfillment must fit: these Prepares carry theirs. */
  learn(about: readonly Prepare[], body: Uint8Array): void {
    const reader = open(body)
    if (reader.count() !== about.length) throw new Error('there are not as many answers as questions')
    for (const prepare of about) {
      const outcome = reader.uint8()
      if (outcome === PENDING) continue
      if (outcome !== VOID && outcome !== FULFILLED) throw new Error(`${outcome} is no outcome`)
      if (outcome === FULFILLED && encodeHex(reader.take(HASH_BYTES)) !== encodeHex(prepare.data)) {
        throw new Error('the connector shows a fulfillment that is none')
      }
      this.end(prepare, outcome === VOID ? 'void' : 'fulfilled')
    }
  }

  /**
   * Answers the connector's questions, truly: what has expired and was not fulfilled never will be. What it fulfilled
   * and the connector gave up meanwhile came too late, and earns it nothing.
   */
  tell(questions: Uint8Array, now: number): Uint8Array {
    const reader = open(questions)
    const writer = new Writer().uint8(VERSION)
    const length = reader.count()
    writer.varUint(BigInt(length))
    for (let i = 0; i < length; i++) {
      reader.varUint()
      const packet = this.#got.get(encodeHex(reader.take(HASH_BYTES)))
      const expiresAt = reader.timestamp()
      const isGivenUp = reader.uint8() === 1
      reader.skip(1)
      if (isGivenUp && packet?.state === 'fulfilled') packet.state = 'void'
      if (packet?.state === 'fulfilled') writer.uint8(FULFILLED).bytes(packet.prepare.data)
      else writer.uint8(packet?.state === 'void' || expiresAt <= now ? VOID : PENDING)
    }
    return writer.finish()
  }
}

function open(body: Uint8Array): Reader {
  const reader = new Reader(body)
  const version = reader.uint8()
  if (version !== VERSION) throw new Error(`there is no version ${version} of ${RECONCILE_PROTOCOL}`)
  return reader
}

function nameOf({ executionCondition }: Prepare): string {
  return encodeHex(executionCondition)
}

function keys(packets: ReadonlyMap<string, Packet>, state: State): ReadonlySet<string> {
  return new Set([...packets].filter(([, packet]) => packet.state === state).map(([name]) => name))
}

function count(packets: ReadonlyMap<string, Packet>, state: State): number {
  return keys(packets, state).size
}

function sum(packets: ReadonlyMap<string, Packet>, state: State): bigint {
  let total = 0n
  for (const packet of packets.values()) if (packet.state === state) total += packet.prepare.amount
  return total
}
