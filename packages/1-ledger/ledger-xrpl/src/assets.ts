/**
 * Amounts of assets on the ledger: drops, and what issuers have issued. Layer 1. Spec: XRP Ledger, currency formats.
 *
 * Issued amounts are decimal floating-point numbers of 16 digits. Here they are whole base units of a scale that is
 * configured; what is finer is no money of ours.
 */
import { decodeAddress } from './address.ts'
import { type Json, isObject, textAt } from './json.ts'
import { NATIVE } from './pay-channel.ts'

/** Scales by asset; an issued asset is named by currency and issuer, as in `USD.rhub8VRN55s94qWKDv6jmDy1pUykJzF3wq`. */
export type Scales = ReadonlyMap<string, number>

export interface AssetAmount {
  readonly asset: string
  /** Base units. */
  readonly amount: bigint
}

export const XRP_SCALE = 6
const SCALE_MAX = 30
/** Digits that the ledger keeps of an issued amount. */
const DIGITS_MAX = 16

/** Whether that names an issued asset: three characters or 40 upper-case hex digits, a dot, an address. */
export function isIssuedAsset(asset: string): boolean {
  const { currency, issuer } = partsOf(asset)
  const isCurrency =
    /^(?!XRP$)[A-Za-z0-9?!@#$%^&*<>(){}[\]|]{3}$/.test(currency) || /^[0-9A-F]{40}$/.test(currency)
  return isCurrency && decodeAddress(issuer) !== undefined
}

export function isScale(scale: number): boolean {
  return Number.isInteger(scale) && scale >= 0 && scale <= SCALE_MAX
}

/** As transactions say it; undefined where the ledger would not keep each digit. `amount` is positive. */
export function encodeAmount({ asset, amount }: AssetAmount, scales: Scales): Json | string | undefined {
  if (asset === NATIVE) return amount.toString()
  const scale = scales.get(asset)
  if (scale === undefined || amount.toString().replace(/0+$/, '').length > DIGITS_MAX) return undefined
  const digits = amount.toString().padStart(scale + 1, '0')
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  const whole = digits.slice(0, digits.length - scale)
  return { ...partsOf(asset), value: scale === 0 || fraction === '' ? whole : `${whole}.${fraction}` }
}

/** From what servers say, rounded down; undefined for what is none, or an asset that is not configured. */
export function decodeAmount(told: unknown, scales: Scales): AssetAmount | undefined {
  if (typeof told === 'string') {
    return /^\d{1,18}$/.test(told) ? { asset: NATIVE, amount: BigInt(told) } : undefined
  }
  if (!isObject(told)) return undefined
  const asset = `${textAt(told, 'currency')}.${textAt(told, 'issuer')}`
  const scale = scales.get(asset)
  const value = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(textAt(told, 'value') ?? '')
  if (scale === undefined || value === null) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = value
  const shift = scale + Number(exponent) - fraction.length
  const units = BigInt(whole + fraction)
  return { asset, amount: shift >= 0 ? units * 10n ** BigInt(shift) : units / 10n ** BigInt(-shift) }
}

function partsOf(asset: string): { readonly currency: string; readonly issuer: string } {
  const dot = asset.indexOf('.')
  return { currency: asset.slice(0, Math.max(dot, 0)), issuer: asset.slice(dot + 1) }
}
