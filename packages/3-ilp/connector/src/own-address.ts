/**
 * The node's own address: of its config, or as its parent gives it. Layer 3, connector.
 * Spec: IL-RFC 31 "Overview"; IL-RFC 15 "Allocation Schemes".
 */
import { ADDRESS_LENGTH_MAX, type Address } from '@hourglass/ilp'
import { schemeOf } from './rules/scheme.ts'

export class OwnAddress {
  #address: Address | undefined
  #scheme = ''

  constructor(address: Address | undefined) {
    if (address !== undefined) this.set(address)
  }

  /** Undefined: the parent has not said it yet. */
  get address(): Address | undefined {
    return this.#address
  }

  /** With which it begins; empty where there is none yet. */
  get scheme(): string {
    return this.#scheme
  }

  set(address: Address): void {
    this.#address = address
    this.#scheme = schemeOf(address)
  }

  /** DCP-13: of a child of ours. Undefined while we have none ourselves, or where it would be too long. */
  ofChild(id: string): Address | undefined {
    if (this.#address === undefined) return undefined
    const address = `${this.#address}.${id}`
    return address.length > ADDRESS_LENGTH_MAX ? undefined : (address as Address)
  }
}
