/**
 * Whose request it is, by its bearer token. Layer 2.
 * An account may have several tokens at once, so that a new one is in use before the old one ends. They are kept as
 * digests, which are compared in constant time (HTTP-36).
 */
import { digestToken, equalDigests } from '@hourglass/link'
import { type Crypto, UsageError } from '@hourglass/sansio'

export interface AccountTokens {
  readonly account: string
  /** SHA-256 of each token, 32 bytes: `digestToken`. */
  readonly tokenDigests: readonly Uint8Array[]
}

export class Tokens {
  readonly #crypto: Pick<Crypto, 'sha256'>
  readonly #byDigest = new Map<string, { readonly account: string; readonly digest: Uint8Array }>()

  /** Throws UsageError where two accounts have one token: nobody could tell them apart. */
  constructor(crypto: Pick<Crypto, 'sha256'>, accounts: Iterable<AccountTokens>) {
    this.#crypto = crypto
    for (const { account, tokenDigests } of accounts) {
      for (const digest of tokenDigests) {
        const key = keyOf(digest)
        const other = this.#byDigest.get(key)?.account ?? account
        if (other !== account) throw new UsageError(`${other} and ${account} have the same token`)
        this.#byDigest.set(key, { account, digest })
      }
    }
  }

  /** The account; undefined where there is none, after the same work. */
  find(token: string): string | undefined {
    const digest = digestToken(this.#crypto, token)
    const found = this.#byDigest.get(keyOf(digest))
    return equalDigests(digest, found?.digest ?? NO_DIGEST) ? found?.account : undefined
  }
}

/** A character an octet: half as long as digits, and made in one step. */
function keyOf(digest: Uint8Array): string {
  return String.fromCharCode(...digest)
}

const NO_DIGEST = new Uint8Array(32)
