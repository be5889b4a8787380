/** Turns a call of the contract into a transaction that the account can pay for. Layer 1, io. */
import type { ChannelTerms } from '@hourglass/ledger'
import { NATIVE } from '../channel-id.ts'
import type { ContractCall, Refused } from '../plan.ts'
import { type Account, type Dispatched, lacking } from './account.ts'
import type { View } from './chain.ts'
import { encodeAllowance, encodeApprove, encodeBalanceOf, encodeContractCall } from './contracts.ts'

/** What an action has cost so far. */
export interface Spent {
  /** Its last transaction. */
  transaction: string | undefined
  /** Wei, of all of them. */
  fee: bigint
}

export class Dispatcher {
  readonly #account: Account
  /** Address of PayChan. */
  readonly #contract: string

  constructor(account: Account, contract: string) {
    this.#account = account
    this.#contract = contract
  }

  /**
   * Sends `call`, and before it what allows the contract to take tokens; returns when it is in a block.
   * @throws NodeError where the contract would refuse
   */
  async dispatch(call: ContractCall, terms: ChannelTerms, view: View, spent: Spent): Promise<Dispatched> {
    const contract = this.#contract
    const payment = 'payment' in call ? call.payment : 0n
    const data = encodeContractCall(call, terms)
    const isNative = terms.asset === NATIVE
    const refused = isNative ? undefined : await this.#allow(terms.asset, payment, view, spent)
    return refused ?? this.#account.transact({ to: contract, data, value: isNative ? payment : 0n }, view)
  }

  /** Lets the contract take exactly `payment` of a token: no standing permission is left behind. */
  async #allow(token: string, payment: bigint, view: View, spent: Spent): Promise<Refused | undefined> {
    if (payment === 0n) return undefined
    const { address, chain } = this.#account
    const [balance, allowance] = await Promise.all([
      chain.read(token, encodeBalanceOf(address), view.latest),
      chain.read(token, encodeAllowance(address, this.#contract), view.latest),
    ])
    if (BigInt(balance) < payment) return lacking(`${payment} of ${token}`, BigInt(balance))
    if (BigInt(allowance) >= payment) return undefined
    // Some tokens change an allowance only to or from zero.
    const steps = BigInt(allowance) === 0n ? [payment] : [0n, payment]
    for (const amount of steps) {
      const data = encodeApprove(this.#contract, amount)
      const sent = await this.#account.transact({ to: token, data, value: 0n }, view)
      if (sent.kind === 'refused') return sent
      spent.fee += sent.receipt?.fee ?? 0n
    }
    return undefined
  }
}
