/** Peers that may come in at the door, by their tokens of the moment. */
import { digestToken } from '@hourglass/link'
import { type AuthClaim, Credentials } from '@hourglass/link-btp'
import { Tokens } from '@hourglass/link-http'
import { nodeCrypto } from '@hourglass/sansio/io'
import { type AccountConfig, readHttpToken, readSecret } from './config.ts'

type Way = 'btp' | 'http'

interface Guest {
  readonly way: Way
  readonly tokenDigests: readonly Uint8Array[]
}

export class Guests {
  readonly #admitted = new Map<string, Guest>()
  #credentials = new Credentials(nodeCrypto, [])
  #tokens = new Tokens(nodeCrypto, [])

  /** @throws ConfigError where a token is not to be had */
  admit(accounts: readonly AccountConfig[]): void {
    const guests = accounts.map((account) => [account.id, guestOf(account)] as const)
    for (const [id, guest] of guests) if (guest !== undefined) this.#admitted.set(id, guest)
    this.#change()
  }

  drop(account: string): void {
    this.#admitted.delete(account)
    this.#change()
  }

  findByClaim(claim: AuthClaim): string | undefined {
    return this.#credentials.find(claim)
  }

  findByToken(token: string): string | undefined {
    return this.#tokens.find(token)
  }

  #change(): void {
    const of = (way: Way): [string, Guest][] => [...this.#admitted].filter(([, guest]) => guest.way === way)
    const credentials = of('btp').map(([account, guest]) => {
      return { account, tokenDigest: guest.tokenDigests[0]! }
    })
    const tokens = of('http').map(([account, { tokenDigests }]) => ({ account, tokenDigests }))
    this.#credentials = new Credentials(nodeCrypto, credentials)
    this.#tokens = new Tokens(nodeCrypto, tokens)
  }
}

/** Undefined where it is we who connect. @throws ConfigError */
function guestOf({ id, link }: AccountConfig): Guest | undefined {
  switch (link.kind) {
    case 'btp-server': {
      const token = readSecret(link.token, `account ${id}, link.token`)
      return { way: 'btp', tokenDigests: [digestToken(nodeCrypto, token)] }
    }
    case 'http': {
      const tokens = link.peerTokens.map((token, i) =>
        readHttpToken(token, `account ${id}, link.peerTokens[${i}]`),
      )
      return { way: 'http', tokenDigests: tokens.map((token) => digestToken(nodeCrypto, token)) }
    }
    case 'btp-client':
    case 'plugin':
      return undefined
  }
}
