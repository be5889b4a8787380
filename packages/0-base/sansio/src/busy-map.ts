/**
 * A map whose entries come and go by the thousand, such as requests under way. Base.
 *
 * A Map that has taken so many entries goes on in a new table, and the old one keeps hold of it. Once the collector
 * has moved one such table to where it seldom looks, all that follow it stay, with whatever was in them: most of what
 * a packet leaves behind. So entries move to a new Map before that happens.
 */
export class BusyMap<Key, Value> {
  #map = new Map<Key, Value>()
  /** Entries that the map had ever. */
  #taken = 0

  get size(): number {
    return this.#map.size
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  has(key: Key): boolean {
    return this.#map.has(key)
  }

  set(key: Key, value: Value): void {
    if (++this.#taken > RENEW_AFTER && this.#taken > 2 * this.#map.size) {
      this.#map = new Map(this.#map)
      this.#taken = this.#map.size
    }
    this.#map.set(key, value)
  }

  delete(key: Key): boolean {
    return this.#map.delete(key)
  }

  /** Takes an entry out and returns its value; undefined where there is none. */
  take(key: Key): Value | undefined {
    const value = this.#map.get(key)
    this.#map.delete(key)
    return value
  }

  clear(): void {
    this.#map = new Map()
    this.#taken = 0
  }

  /** In the order in which they came; none may be set meanwhile. */
  keys(): MapIterator<Key> {
    return this.#map.keys()
  }

  values(): MapIterator<Value> {
    return this.#map.values()
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries()
  }
}

const RENEW_AFTER = 1024
