/**
 * Children that nobody has listed: whoever connects over BTP with a token of its own choice has an account, which that
 * token opens again. Its name is the token's digest, so nobody can have another's, and nothing is kept of it but books.
 */
import type { AccountOptions, NodeInput, NodeOptions } from '@hourglass/connector'
import { digestToken } from '@hourglass/link'
import { BtpLink } from '@hourglass/link-btp'
import { encodeBase64Url } from '@hourglass/oer'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { ChildrenConfig } from './config.ts'
import { accountOptions } from './node-options.ts'

type Join = Extract<NodeInput, { kind: 'join' }>

/** Shorter ones are guessed (SEC-18). */
const TOKEN_LENGTH_MIN = 16

export class Children {
  readonly #config: ChildrenConfig
  readonly #join: (input: Join) => void
  readonly #ids = new Set<string>()

  /** `join` hands an account to the node. */
  constructor(config: ChildrenConfig, join: (input: Join) => void) {
    this.#config = config
    this.#join = join
  }

  /** The options of an account that the journal knows; undefined where it is none of these, or of another asset. */
  readonly adopt: NonNullable<NodeOptions['adopt']> = (id, { code, scale }) => {
    const { name, asset } = this.#config
    if (!id.startsWith(`${name}.`) || code !== asset.code || scale !== asset.scale) return undefined
    return this.#add(id)
  }

  /** The account that a token opens, new or not; undefined where it is too short, or there are too many. */
  find(token: string): string | undefined {
    if (token.length < TOKEN_LENGTH_MIN) return undefined
    const { name, max } = this.#config
    const id = `${name}.${encodeBase64Url(digestToken(nodeCrypto, token))}`
    if (this.#ids.has(id)) return id
    if (this.#ids.size >= max) return undefined
    this.#add(id)
    return id
  }

  #add(id: string): AccountOptions {
    const { asset, balance, packetAmountMax, packetsInFlightMax } = this.#config
    const account = accountOptions({
      id,
      relation: 'child',
      asset,
      balance,
      packetAmountMax,
      packetsInFlightMax,
      rules: {},
    })
    this.#ids.add(id)
    this.#join({ kind: 'join', account, stack: { id, link: new BtpLink({ role: 'server' }) } })
    return account
  }
}
