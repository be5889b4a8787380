/**
 * One account of a test: signs what it is told, sends it, reads what came of it.
 */
import { encode, encodeForSigning, encodeForSigningClaim } from 'ripple-binary-codec'
import { deriveAddress, deriveKeypair, generateSeed, sign } from 'ripple-keypairs'
import type { RawClient } from './raw-client.ts'
import type { Json } from './recording.ts'

export interface Sent {
  readonly hash: string
  /** Of the open ledger, provisional. */
  readonly result: string
  /** The whole answer to `submit`. */
  readonly answer: Json
}

let requests = 0

interface Keys {
  readonly publicKey: string
  readonly privateKey: string
}

export class Party {
  readonly address: string
  readonly keys: Keys
  readonly #client: RawClient

  constructor(client: RawClient, seed: string = generateSeed({ algorithm: 'ed25519' })) {
    this.#client = client
    this.keys = deriveKeypair(seed)
    this.address = deriveAddress(this.keys.publicKey)
  }

  /** Fills in what is missing, signs, submits. @param keys default: the master keys */
  async send(fields: Json, keys: Keys = this.keys): Promise<Sent> {
    return this.sendBlob(this.signed({ Sequence: await this.sequence(), ...fields }, keys))
  }

  signed(fields: Json, keys: Keys = this.keys): string {
    const unsigned = { Account: this.address, Fee: '12', SigningPubKey: keys.publicKey, ...fields }
    return encode({ ...unsigned, TxnSignature: sign(encodeForSigning(unsigned), keys.privateKey) })
  }

  async sendBlob(blob: string): Promise<Sent> {
    const answer = await this.ask({ command: 'submit', tx_blob: blob })
    const { engine_result: result, tx_json: told } = answer as {
      engine_result?: string
      tx_json?: { hash: string }
    }
    return { hash: told?.hash ?? '', result: result ?? String(answer['error']), answer }
  }

  /** The next sequence number, by the open ledger. */
  async sequence(): Promise<number> {
    const { account_data: account } = await this.ask({ command: 'account_info', account: this.address })
    return (account as { Sequence: number }).Sequence
  }

  /** The result of a command, or the error with its name. */
  async ask(request: Json): Promise<Json> {
    const answer = await this.#client.ask({ id: (requests += 1), api_version: 2, ...request })
    return (answer['result'] as Json | undefined) ?? answer
  }

  /** What a claim on one of this party's channels carries. */
  claim(channel: string, drops: bigint): Json {
    const message = encodeForSigningClaim({ channel, amount: String(drops) })
    const signature = sign(message, this.keys.privateKey)
    return {
      Channel: channel,
      Amount: String(drops),
      Balance: String(drops),
      Signature: signature,
      PublicKey: this.keys.publicKey,
    }
  }
}
