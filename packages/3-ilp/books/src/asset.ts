/** What an account is kept in. Layer 3, books. */

export interface Asset {
  /** `USD`, `ETH`, … */
  readonly code: string
  /** Base units per 1: 10^scale, 0 … 255. */
  readonly scale: number
}

/** `USD/6`: what is kept in one name can be added up. */
export function assetName({ code, scale }: Asset): string {
  return `${code}/${scale}`
}
