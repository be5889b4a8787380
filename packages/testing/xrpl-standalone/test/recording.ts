/**
 * A recording of a real server: what was asked, what it answered, what it streamed.
 */
import { readFileSync } from 'node:fs'

export type Json = Readonly<Record<string, unknown>>

/** An answer as it came off the line. */
export interface Answer {
  readonly id?: number
  readonly api_version?: number
  readonly result?: Json
}

/** A question and its answer, or a transaction on its way through a ledger. */
export interface Step {
  readonly name: string
  readonly request?: Json
  readonly response?: Answer
  readonly tx_json?: { readonly Account: string }
  readonly tx_blob?: string
  readonly hash?: string
  readonly submit_v2?: Answer
  readonly ledger_accept?: Answer
  readonly tx_v2?: Answer
  readonly tx_v1?: Answer
  /** Of the one who signed, in validated ledgers, around the transaction. */
  readonly accountBalanceBefore?: string
  readonly accountBalanceAfter?: string
}

export interface Recording {
  readonly steps: readonly Step[]
  readonly claims: readonly {
    readonly channel: string
    readonly drops: string
    readonly publicKey: string
    readonly signature: string
    readonly signingData?: string
  }[]
  readonly stream_messages: readonly Json[]
}

export function loadRecording(server: 'rippled-2.6.1' | 'xrpld-3.2.0'): Recording {
  const file = new URL(`recordings/${server}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Recording
}
