/**
 * Which account a user name and token open. Layer 2.
 * Tokens are kept as digests, and digests compared in constant time (BTP-29): neither a copy of the table nor a
 * clock gives a token away.
 */
import { digestToken, equalDigests } from '@hourglass/link'
import { encodeHex } from '@hourglass/oer'
import { type Crypto, UsageError } from '@hourglass/sansio'
import type { AuthClaim } from './auth-frame.ts'

export interface Credential {
  readonly account: string
  /** What the client calls itself; the account's name where nothing else is said. */
  readonly username?: string
  /** SHA-256 of the token, 32 bytes: `digestToken`. */
  readonly tokenDigest: Uint8Array
}

export class Credentials {
  readonly #crypto: Pick<Crypto, 'sha256'>
  readonly #byUsername = new Map<string, Credential>()
  /** For clients that send no user name; undefined where accounts share a token. */
  readonly #byDigest = new Map<string, Credential | undefined>()

  /** Throws UsageError where two accounts have one user name. */
  constructor(crypto: Pick<Crypto, 'sha256'>, credentials: Iterable<Credential>) {
    this.#crypto = crypto
    for (const credential of credentials) {
      const { account, username = account, tokenDigest } = credential
      if (this.#byUsername.has(username)) throw new UsageError(`two accounts have the user name ${username}`)
      this.#byUsername.set(username, credential)
      const digest = encodeHex(tokenDigest)
      this.#byDigest.set(digest, this.#byDigest.has(digest) ? undefined : credential)
    }
  }

  /** The account; undefined where there is none, after the same work (BTP-22). An empty user name is found by token. */
  find({ username, token }: AuthClaim): string | undefined {
    const digest = digestToken(this.#crypto, token)
    const credential =
      username === '' ? this.#byDigest.get(encodeHex(digest)) : this.#byUsername.get(username)
    const isRight = equalDigests(digest, credential?.tokenDigest ?? NO_DIGEST)
    return isRight ? credential?.account : undefined
  }
}

const NO_DIGEST = new Uint8Array(32)
