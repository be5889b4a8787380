/** Networks like those that grow by themselves: whoever joins links to whom many link to already. Tooling. */

export interface Graph {
  readonly nodes: number
  /** Pairs of nodes. */
  readonly links: readonly (readonly [number, number])[]
}

/** The same numbers for the same seed. */
export function chanceOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** As many links as asked for, no two between the same nodes, and no node without one. */
export function scaleFree(nodes: number, links: number, chance: (below: number) => number): Graph {
  const pairs: (readonly [number, number])[] = []
  /** Each node as often as it has links. */
  const ends = [0]
  for (let node = 1; node < nodes; node++) {
    const due = Math.floor((node * links) / (nodes - 1)) - pairs.length
    const others = new Set<number>()
    while (others.size < Math.min(due, node)) others.add(ends[chance(ends.length)]!)
    for (const other of others) {
      pairs.push([other, node])
      ends.push(other, node)
    }
  }
  return { nodes, links: pairs }
}
