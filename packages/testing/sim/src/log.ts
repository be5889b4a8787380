/** What happened, line by line, for people who look at a failure. Testing. Off unless asked for: runs repeat. */
import type { World } from './world.ts'
import { START } from './world.ts'

export type Fields = Readonly<Record<string, unknown>>

interface Line {
  readonly at: number
  readonly node: string
  readonly event: string
  readonly fields: Fields
}

export class Log {
  readonly isOn: boolean
  readonly #world: World
  readonly #lines: Line[] = []

  constructor(world: World, isOn: boolean) {
    this.#world = world
    this.isOn = isOn
  }

  add(node: string, event: string, fields: Fields = {}): void {
    if (this.isOn) this.#lines.push({ at: this.#world.now - START, node, event, fields })
  }

  /** The last lines of those nodes, or of all. */
  tail(count: number, nodes?: readonly string[]): string[] {
    const lines = nodes === undefined ? this.#lines : this.#lines.filter(({ node }) => nodes.includes(node))
    return lines.slice(-count).map(format)
  }
}

function format({ at, node, event, fields }: Line): string {
  const details = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`)
  return [`${String(at).padStart(8)} ms`, node.padEnd(4), event, ...details].join(' ')
}
