/**
 * A ledger in memory: the face's rules and nothing else, for tests and simulations. Layer 1.
 * Actions wait until `run`, so that whoever drives it decides when, and in which order with other events.
 */
import { encodeUtf8 } from '@hourglass/oer'
import { type Instant, equalBytes } from '@hourglass/sansio'
import type { ChannelState, ChannelTerms, ClaimScheme } from './channel.ts'
import type { Ledger, LedgerAction, LedgerEvent, LedgerRefusal, LedgerSession } from './ledger.ts'

const NATIVE_SCALE = 9

interface Session {
  readonly account: string
  readonly watched: Set<string>
  listener: ((event: LedgerEvent) => void) | undefined
}

interface Refused {
  readonly refusal: LedgerRefusal
  readonly message: string
}

type Outcome = ChannelState | Refused

export class MemoryLedger {
  readonly name: string
  /** The ledger's own time: closes are judged by it. */
  now: Instant = 0
  /** What every action costs from now on: nobody shall mistake one for free. */
  fee = 1n
  readonly #balances = new Map<string, bigint>()
  readonly #channels = new Map<string, ChannelState>()
  readonly #sessions = new Set<Session>()
  #submitted: { readonly session: Session; readonly action: LedgerAction }[] = []
  #transactions = 0
  #feesPaid = 0n

  constructor(name = 'memory') {
    this.name = name
  }

  /** Puts `amount` into an account, which is made where it does not exist. */
  mint(account: string, amount: bigint): void {
    this.#balances.set(account, this.balanceOf(account) + amount)
  }

  balanceOf(account: string): bigint {
    return this.#balances.get(account) ?? 0n
  }

  /** All channels that were ever opened. */
  channels(): ChannelState[] {
    return [...this.#channels.values()]
  }

  /** Money in accounts and channels, and the fees that were paid: changes by `mint` alone. */
  supply(): bigint {
    let sum = this.#feesPaid
    for (const balance of this.#balances.values()) sum += balance
    for (const { closed, deposit, claimed } of this.#channels.values()) sum += closed ? 0n : deposit - claimed
    return sum
  }

  /** Actions that wait. */
  get waiting(): number {
    return this.#submitted.length
  }

  /** Carries out what was submitted before this call, at most `max` actions; tells everybody concerned. */
  run(max?: number): void {
    for (const { session, action } of this.#submitted.splice(0, max ?? this.#submitted.length))
      this.#carryOut(session, action)
  }

  /** The ledger as `account` sees it: all of `Ledger` that does not wait. */
  open(account: string): Omit<Ledger, 'balance' | 'close'> {
    return {
      name: this.name,
      account,
      scheme: memoryScheme(account),
      assetScale: () => NATIVE_SCALE,
      connect: (listener) => this.#connect({ account, watched: new Set(), listener }),
    }
  }

  #connect(session: Session): LedgerSession {
    this.#sessions.add(session)
    return {
      perform: (action) => {
        this.#submitted.push({ session, action })
      },
      close: () => {
        session.listener = undefined
        this.#sessions.delete(session)
      },
    }
  }

  #carryOut(session: Session, action: LedgerAction): void {
    const name = action.kind === 'open' ? nameOf(action.terms) : action.channelId
    const before = this.#channels.get(name)
    const outcome = this.#judge(session.account, action)
    if ('refusal' in outcome) return session.listener?.({ kind: 'failed', id: action.id, ...outcome })
    const { id: channelId } = outcome
    const hasChanged = outcome !== before
    if (hasChanged) {
      const escrowed = outcome.deposit - (before?.deposit ?? 0n)
      if (this.balanceOf(session.account) < escrowed + this.fee) {
        const failure = refuse('insufficient-funds', `too little money for ${escrowed} and the fee`)
        return session.listener?.({ kind: 'failed', id: action.id, ...failure })
      }
      this.#transactions++
      this.#feesPaid += this.fee
      this.mint(session.account, -this.fee)
      this.#apply(before, outcome)
    }
    session.watched.add(channelId)
    for (const other of hasChanged ? this.#sessions : [session]) {
      if (other.watched.has(channelId)) other.listener?.({ kind: 'channel', channel: outcome })
    }
    const transaction = hasChanged ? `transaction ${this.#transactions}` : undefined
    const fee = hasChanged ? this.fee : 0n
    session.listener?.({ kind: 'done', id: action.id, channelId, transaction, fee })
  }

  /** Moves the money that the change moves. */
  #apply(before: ChannelState | undefined, after: ChannelState): void {
    const { source, destination } = after.terms
    this.mint(source, -(after.deposit - (before?.deposit ?? 0n)))
    this.mint(destination, after.claimed - (before?.claimed ?? 0n))
    if (after.closed) this.mint(source, after.deposit - after.claimed)
    this.#channels.set(after.id, after)
  }

  /** The channel after the action: the same object where the action changes nothing. */
  #judge(account: string, action: LedgerAction): Outcome {
    if (action.kind === 'open') return this.#judgeOpen(account, action.terms, action.deposit)
    const channel = this.#channels.get(action.channelId)
    if (channel === undefined) return refuse('no-channel', 'there is no such channel')
    const { terms, deposit, claimed, closed, closesAt } = channel
    switch (action.kind) {
      case 'watch':
        return channel
      case 'fund':
        if (closed || account !== terms.source)
          return refuse('refused', 'only its source funds an open channel')
        if (action.deposit <= deposit && closesAt === undefined) return channel
        return {
          ...channel,
          deposit: action.deposit > deposit ? action.deposit : deposit,
          closesAt: undefined,
        }
      case 'redeem': {
        if (action.amount <= claimed) return channel
        if (closed) return refuse('refused', 'the channel is closed')
        if (action.amount > deposit) return refuse('refused', 'more than the channel holds')
        const isSigned = memoryScheme(account).verify(
          channel.id,
          terms.claimKey,
          action.amount,
          action.signature,
        )
        return isSigned
          ? { ...channel, claimed: action.amount }
          : refuse('refused', 'the claim is not signed')
      }
      case 'request-close':
        if (account !== terms.source) return refuse('refused', 'only its source asks to close')
        return closed || closesAt !== undefined
          ? channel
          : { ...channel, closesAt: this.now + terms.settleDelayMs }
      case 'close': {
        if (closed) return channel
        const isDue = closesAt !== undefined && closesAt <= this.now
        const mayClose = account === terms.destination || (account === terms.source && isDue)
        return mayClose ? { ...channel, closed: true } : refuse('refused', 'not yet, or not this account')
      }
    }
  }

  #judgeOpen(account: string, terms: ChannelTerms, deposit: bigint): Outcome {
    if (account !== terms.source || deposit <= 0n) return refuse('refused', 'only its source opens a channel')
    const id = nameOf(terms)
    const existing = this.#channels.get(id)
    return existing ?? { id, terms, deposit, claimed: 0n, closesAt: undefined, closed: false }
  }
}

/** A channel's name: no two channels have the same source and reference. */
function nameOf({ source, destination, reference }: ChannelTerms): string {
  return `${source}>${destination}#${reference}`
}

function refuse(refusal: LedgerRefusal, message: string): Refused {
  return { refusal, message }
}

/** Claims that say who signed them. Anybody could: this ledger is for tests. */
function memoryScheme(account: string): ClaimScheme {
  const claimOf = (claimKey: string, channelId: string, amount: bigint): Uint8Array =>
    encodeUtf8(`${claimKey} pays ${amount} on ${channelId}`)
  const claimKey = `key of ${account}`
  return {
    claimKey,
    signatureBytes: SIGNATURE_BYTES_MAX,
    sign: (channelId, amount) => claimOf(claimKey, channelId, amount),
    verify: (channelId, key, amount, signature) => equalBytes(claimOf(key, channelId, amount), signature),
  }
}

const SIGNATURE_BYTES_MAX = 512
