/** What a daemon says in JSON, field by field: what is not as it should be leaves the outcome unknown. Layer 2, io. */
import { decodeBase64, decodeHex } from '@hourglass/oer'
import { LightningError } from '../lightning-error.ts'

/** Whole numbers that a double cannot hold become bigints; undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  const read = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source ?? ''
    const isLarge = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    return isLarge ? BigInt(source) : value
  }
  try {
    return JSON.parse(text, read)
  } catch {
    return undefined
  }
}

/** An object of the answer. Fields that are absent read as empty, zero or false, as daemons leave them out. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw odd('an object')
    this.#value = value as Readonly<Record<string, unknown>>
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null
  }

  text(name: string): string {
    const value = this.#value[name] ?? ''
    if (typeof value !== 'string') throw odd(`text in ${name}`)
    return value
  }

  /** Of any size: a number, or its digits, with or without `msat`. */
  amount(name: string): bigint {
    const value = this.#value[name] ?? 0
    if (typeof value === 'bigint' || Number.isSafeInteger(value)) return BigInt(value as bigint | number)
    const digits = typeof value === 'string' ? /^(-?\d+)(?:msat)?$/.exec(value)?.[1] : undefined
    if (digits === undefined) throw odd(`a whole number in ${name}`)
    return BigInt(digits)
  }

  count(name: string): number {
    return Number(this.amount(name))
  }

  flag(name: string): boolean {
    return this.#value[name] === true
  }

  at(name: string): Fields {
    return new Fields(this.#value[name] ?? {})
  }

  list(name: string): Fields[] {
    const value = this.#value[name] ?? []
    if (!Array.isArray(value)) throw odd(`a list in ${name}`)
    return value.map((each) => new Fields(each))
  }

  texts(name: string): string[] {
    const value = this.#value[name] ?? []
    if (!Array.isArray(value)) throw odd(`a list in ${name}`)
    return value.map(String)
  }

  names(): string[] {
    return Object.keys(this.#value)
  }

  base64(name: string): Uint8Array {
    return decodeBase64(this.text(name)) ?? fail(`base64 in ${name}`)
  }

  hex(name: string): Uint8Array {
    return decodeHex(this.text(name)) ?? fail(`hex digits in ${name}`)
  }
}

function odd(what: string): LightningError {
  return new LightningError('unavailable', `the daemon's answer lacks ${what}`)
}

function fail(what: string): never {
  throw odd(what)
}
