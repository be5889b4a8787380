/**
 * Which account leads to an address: longest prefix, on segment boundaries. Layer 3, connector.
 * Spec: IL-RFC 15 "Routing". One map; a lookup asks it once per segment, longest first, so its cost does not
 * grow with the table.
 */
export class RouteTable<Hop> {
  readonly #hops = new Map<string, Hop>()
  /** Length of the longest prefix: longer parts of an address are not looked up. */
  #lengthMax = 0

  /** `prefix` is an address prefix, or empty for the default route. The newest route of a prefix counts. */
  add(prefix: string, hop: Hop): void {
    this.#hops.set(prefix, hop)
    this.#lengthMax = Math.max(this.#lengthMax, prefix.length)
  }

  /** ADDR-10, ADDR-11: `g.ab` covers `g.ab` and `g.ab.c`, not `g.abc`. */
  resolve(address: string): Hop | undefined {
    let end = address.length
    if (end > this.#lengthMax) end = lastBoundary(address, this.#lengthMax)
    while (end > 0) {
      const hop = this.#hops.get(end === address.length ? address : address.slice(0, end))
      if (hop !== undefined) return hop
      end = address.lastIndexOf('.', end - 1)
    }
    return this.#hops.get('')
  }
}

/** The end of the longest prefix of `address`, on a segment boundary, that is at most `lengthMax` long. */
function lastBoundary(address: string, lengthMax: number): number {
  return address.lastIndexOf('.', lengthMax)
}
