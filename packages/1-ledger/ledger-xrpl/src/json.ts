/** What servers send, read with distrust. Layer 1. */

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member of that name where it is an object, and an empty one otherwise. */
export function objectAt(json: Json, name: string): Json {
  const value = json[name]
  return isObject(value) ? value : {}
}

/** The objects in the member of that name. */
export function objectsAt(json: Json, name: string): Json[] {
  const value = json[name]
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function textAt(json: Json, name: string): string | undefined {
  const value = json[name]
  return typeof value === 'string' ? value : undefined
}

/** A whole number from zero on. */
export function countAt(json: Json, name: string): number | undefined {
  const value = json[name]
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

/** An amount of XRP in drops, which travels as text. Other currencies are objects, and undefined here. */
export function dropsAt(json: Json, name: string): bigint | undefined {
  const value = json[name]
  return typeof value === 'string' && /^\d{1,18}$/.test(value) ? BigInt(value) : undefined
}

/** 64 hex digits, in upper case. */
export function hashAt(json: Json, name: string): string | undefined {
  const value = json[name]
  return typeof value === 'string' && /^[0-9A-Fa-f]{64}$/.test(value) ? value.toUpperCase() : undefined
}
