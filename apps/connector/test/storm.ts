/**
 * Kills the connectors of a line, life after life, each by itself: by turns at a named point, and whenever it happens
 * to be. Every named point ends the life of some connector that passes it.
 */
import { randomInt } from 'node:crypto'
import { setTimeout as setTimer } from 'node:timers'
import { setTimeout } from 'node:timers/promises'
import { type Life, type Line, MEMBERS, type Member, type MemberName } from './line.ts'
import { POINTS } from './points.ts'
import type { Crash } from './programs.ts'

/** After the start of the process, or after packets have begun to flow. */
const LIFE_MS_MAX = 1500
const FLOW_MS_MAX = 300
/** Packets may need so long to flow again: a peer that was down is looked for in growing intervals. */
const FLOW_PATIENCE_MS = 4000
/**
 * Who is to come by a named point gets so long for it, longer than a peer waits before it looks for it again, and more
 * with each try up to a fifth, in turns: the machine may be slow.
 */
const PATIENCE_MS = 7000
const PATIENCE_TRIES = 5
const TRIES_MAX = 40
/** Lives that end at a named point, for each that ends at random. */
const NAMED_PER_RANDOM = 3
/** Points that are passed at each packet. */
const OFTEN = /hold|prepare|fulfill/
const PASS_MAX = 20
/** Points that are passed as a link comes up: looked for from the start, so that a member dies as it recovers. */
const AT_START = /hello|question|outcome|decided|open/

/** What a member comes by again and again. Channels are opened once: that is acme's to be killed at, first of all. */
const PLACES: Readonly<Record<MemberName, readonly string[]>> = {
  acme: [...POINTS.packets, ...POINTS.paying],
  bolt: [...POINTS.packets, ...POINTS.paying, ...POINTS.paid],
  cord: [...POINTS.packets, ...POINTS.paid],
}

/** How often a life ended where. */
export type Kills = ReadonlyMap<string, number>

export const AT_RANDOM = 'at random'

export class Storm {
  readonly #line: Line
  readonly #count: number
  readonly #kills = new Map<string, number>()
  #done = 0

  constructor(line: Line, count: number) {
    this.#line = line
    this.#count = count
  }

  /** All are up before and after. At least `count` kills, and more where a named point is missing still. */
  async rage(): Promise<Kills> {
    const queues = dealPoints()
    const rages = MEMBERS.map(async (name) => {
      await this.#killAgain(this.#line.member(name), queues[name]).catch((error: unknown) => {
        // What one of them has failed at, the others need not go on with.
        this.#done = Infinity
        for (const queue of Object.values(queues)) queue.length = 0
        throw error
      })
    })
    for (const result of await Promise.allSettled(rages))
      if (result.status === 'rejected') throw result.reason
    return this.#kills
  }

  async #killAgain(member: Member, queue: string[]): Promise<void> {
    await member.kill()
    this.#note(AT_RANDOM)
    // No other life between them: it would come by all the rest.
    if (member.name === 'acme') {
      for (const point of POINTS.opening) await this.#killAt(member, [point])
    }
    for (let lives = 1; this.#done < this.#count || queue.length > 0; lives++) {
      if (lives % (NAMED_PER_RANDOM + 1) > 0) await this.#killAt(member, queue)
      else await this.#killAtRandom(member)
    }
    await member.start()
  }

  async #killAtRandom(member: Member): Promise<void> {
    const life = member.launch(undefined)
    if (randomInt(2) === 0) {
      await this.#flow(life)
      await setTimeout(randomInt(FLOW_MS_MAX))
    } else await setTimeout(randomInt(LIFE_MS_MAX))
    if (!life.kill()) throw new Error(`${member.name} was killed by somebody else`)
    await life.ended
    this.#note(AT_RANDOM)
  }

  async #killAt(member: Member, queue: string[]): Promise<void> {
    const places = PLACES[member.name]
    const isDue = queue.length > 0
    const point = queue.shift() ?? places[randomInt(places.length)]!
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      const pass = OFTEN.test(point) ? randomInt(1, PASS_MAX) : 1
      const patienceMs = PATIENCE_MS * (((tries - 1) % PATIENCE_TRIES) + 1)
      const isThere = await this.#liveUntil(member, { point, pass }, patienceMs)
      this.#note(isThere ? point : AT_RANDOM)
      if (isThere || !isDue) return
    }
    throw new Error(`${member.name} did not come by ${point}`)
  }

  /** Whether it came by. */
  async #liveUntil(member: Member, crash: Crash, patienceMs: number): Promise<boolean> {
    const isAtStart = AT_START.test(crash.point)
    const life = member.launch(isAtStart ? crash : 'later')
    if (!isAtStart) {
      await this.#flow(life)
      await setTimeout(randomInt(FLOW_MS_MAX))
      life.arm(crash)
    }
    let isKilled = false
    const patience = setTimer(() => (isKilled = life.kill()), patienceMs)
    await life.ended
    clearTimeout(patience)
    return !isKilled
  }

  /** Waits until packets flow, but not for ever. */
  async #flow({ ended }: Life): Promise<void> {
    const patience = new AbortController()
    const { signal } = patience
    const enough = setTimeout(FLOW_PATIENCE_MS, undefined, { signal }).catch(() => undefined)
    await Promise.race([this.#line.flows(), enough, ended])
    patience.abort()
  }

  #note(point: string): void {
    this.#kills.set(point, (this.#kills.get(point) ?? 0) + 1)
    this.#done++
  }
}

/** Who is killed at which point, in order. */
function dealPoints(): Record<MemberName, string[]> {
  const queues: Record<MemberName, string[]> = { acme: [], bolt: [], cord: [] }
  const points = new Set([...POINTS.packets, ...POINTS.paying, ...POINTS.paid])
  const shuffled = [...points].map((point) => ({ point, at: randomInt(2 ** 32) }))
  for (const { point } of shuffled.sort((a, b) => a.at - b.at)) {
    const able = MEMBERS.filter((name) => PLACES[name].includes(point))
    const name = able.reduce((least, each) => (queues[each].length < queues[least].length ? each : least))
    queues[name].push(point)
  }
  return queues
}
