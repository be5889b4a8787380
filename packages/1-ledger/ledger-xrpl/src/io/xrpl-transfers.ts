/**
 * Payments of and to our account. Layer 1, io.
 *
 * To pay is one turn: to look, up to a certain ledger, whether that reference has paid already, and to send a payment
 * with the sequence number of that very ledger. What was sent in between by whoever it was has taken that number.
 */
import type { IncomingTransfer, Transfer, TransferEnd, TransferWatch, Transfers } from '@hourglass/ledger'
import { UsageError } from '@hourglass/sansio'
import { type Scales, XRP_SCALE } from '../assets.ts'
import type { Fields } from '../outbox.ts'
import { NATIVE } from '../pay-channel.ts'
import { encodePayment, isPaymentFor, isTransfer } from '../payment.ts'
import type { Refused } from '../plan.ts'
import { lackingOf } from '../reserve.ts'
import { isHopeless, meaningOf } from '../results.ts'
import { type ValidatedTransaction, ledgerOfOrder, orderOfLedger } from '../transaction.ts'
import type { Account } from './account.ts'
import { ServerError } from './errors.ts'
import type { Onlooker } from './feed.ts'
import type { Head } from './head.ts'
import { readHistory } from './history.ts'
import { Watch } from './transfer-watch.ts'

export class XrplTransfers implements Transfers, Onlooker {
  readonly #account: Account
  readonly #scales: Scales
  readonly #watches = new Set<Watch>()

  constructor(account: Account, scales: Scales) {
    this.#account = account
    this.#scales = scales
    account.add(this)
  }

  assetScale(asset: string): number {
    const scale = asset === NATIVE ? XRP_SCALE : this.#scales.get(asset)
    if (scale === undefined) throw new UsageError(`the ledger is not configured for ${asset}`)
    return scale
  }

  position(): string {
    return String(orderOfLedger(this.#account.feed.current.index))
  }

  async pay(transfer: Transfer, since: string): Promise<TransferEnd> {
    this.assetScale(transfer.asset)
    const fields = encodePayment(transfer, this.#account.address, this.#scales)
    if (typeof fields === 'string') throw new UsageError(fields)
    const from = ledgerOfOrder(decodePosition(since) + 1)
    for (;;) {
      const turn = await this.#account.takeTurn(() => this.#takeTurn(transfer, fields, from))
      if (turn.kind === 'done') return turn
      if (turn.kind === 'refused') return { ...turn, kind: 'failed' }
      this.#account.trace(`a payment is tried again: ${turn.reason}`)
      if (turn.kind === 'wait') await this.#account.feed.next()
    }
  }

  watch(since: string, listener: (transfer: IncomingTransfer) => void): TransferWatch {
    const watch = new Watch({
      account: this.#account,
      scales: this.#scales,
      since: decodePosition(since),
      listener,
      left: () => this.#watches.delete(watch),
    })
    this.#watches.add(watch)
    watch.advance()
    return watch
  }

  /** Watches read for themselves: theirs may be a longer way. */
  wanted(): boolean {
    return false
  }

  seen(): void {
    // See `wanted`.
  }

  skipped(): Promise<void> {
    return Promise.resolve()
  }

  beat(): Promise<void> {
    for (const watch of this.#watches) watch.advance()
    return Promise.resolve()
  }

  async #takeTurn(transfer: Transfer, fields: Fields, from: number): Promise<Turn> {
    const { feed, sender } = this.#account
    const ledger = feed.current
    const [paid, root, feeDrops] = await Promise.all([
      this.#findPayment(transfer.reference, from, ledger),
      this.#account.root(ledger),
      this.#account.feeDrops(),
    ])
    if (paid !== undefined) return this.#doneBy(paid, transfer)
    const escrows = transfer.asset === NATIVE ? transfer.amount : 0n
    const lacking = lackingOf({ escrows, opens: false }, root, ledger, feeDrops)
    if (lacking !== undefined)
      return this.#account.isSure(ledger) ? lacking : { kind: 'wait', reason: lacking.message }
    const { sequence } = root
    const ending = await sender.send({ fields, sequence, ledgerIndex: ledger.index, feeDrops })
    if (ending.kind === 'void') {
      const { answer } = ending
      if (answer !== undefined && isHopeless(answer)) return { kind: 'refused', ...meaningOf(answer) }
      return { kind: 'again', reason: answer ?? 'no ledger took the transaction' }
    }
    const { transaction } = ending
    if (transaction.result !== 'tesSUCCESS') return { kind: 'refused', ...meaningOf(transaction.result) }
    return this.#doneBy(transaction, transfer)
  }

  /** The payment of that reference, in the ledgers from `from` to `ledger`. */
  async #findPayment(
    reference: string,
    from: number,
    ledger: Head,
  ): Promise<ValidatedTransaction | undefined> {
    const { connection, address } = this.#account
    if (from > ledger.index) return undefined
    let found: ValidatedTransaction | undefined
    const read = await readHistory(connection, address, {
      from,
      upTo(last) {
        if (last >= ledger.index) return ledger
        throw new ServerError('behind', `the server has read up to ledger ${last} only`)
      },
      see(transaction) {
        if (isPaymentFor(transaction, address, reference)) found ??= transaction
      },
    })
    if (read !== undefined) return found
    throw new ServerError('no-history', `no server remembers ledger ${from}, and whether that was paid since`)
  }

  #doneBy(transaction: ValidatedTransaction, transfer: Transfer): Turn {
    if (isTransfer(transaction, transfer, this.#scales)) {
      return { kind: 'done', transaction: transaction.hash, fee: transaction.feeDrops }
    }
    throw new UsageError(`the reference ${transfer.reference} has paid something else`)
  }
}

type Turn =
  | Extract<TransferEnd, { kind: 'done' }>
  | Refused
  /** In the next ledger, or at once. */
  | { readonly kind: 'wait' | 'again'; readonly reason: string }

function decodePosition(text: string): number {
  const order = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(order)) throw new UsageError(`${text} is no position of this ledger`)
  return order
}
