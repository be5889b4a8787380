/** Turns what the programs log into the story that people see, and counts what the summary needs. */
import { type Asset, type LedgerName, assetOf, peeringOf } from './cast.ts'
import { LEDGER_ASSETS } from './ledgers/ledger.ts'
import { type Layer, formatAmount, formatMoney, shorten, step } from './terminal.ts'

type Fields = Readonly<Record<string, string | number | boolean>>

/** A line of a program's log: an event and its numbers. */
interface LogLine {
  readonly event: string
  readonly fields: Fields
}

/** Something that happens many times in a payment: the first few are told, the rest as a number. */
interface Repeated {
  readonly layer: Layer
  /** What they are called together, such as `packets forwarded`. */
  readonly plural: string
  readonly toldMax: number
}

const BITCOIN_MSAT: Asset = { code: 'BTC', scale: 11 }

const PACKETS: Repeated = { layer: 'L3 ilp', plural: 'packets forwarded', toldMax: 3 }
const DUES: Repeated = { layer: 'L3 ilp', plural: 'settlements due', toldMax: 1 }
const PAYMENTS_SENT: Repeated = { layer: 'L2 channel', plural: 'Lightning payments made', toldMax: 3 }
const PAYMENTS_RECEIVED: Repeated = { layer: 'L2 channel', plural: 'Lightning payments credited', toldMax: 3 }
const CLAIMS_SENT: Repeated = { layer: 'L2 channel', plural: 'claims signed', toldMax: 3 }
const CLAIMS_RECEIVED: Repeated = { layer: 'L2 channel', plural: 'claims checked and kept', toldMax: 3 }

interface Waiting {
  readonly who: string
  readonly event: string
  readonly account: string | undefined
  readonly resolve: () => void
}

export class Narrator {
  /** Claims, or Lightning payments, of the connectors that settle on each ledger, since the beginning. */
  readonly promises: Record<LedgerName, number> = { bitcoin: 0, evm: 0, xrpl: 0 }
  /** By who and `plural`. */
  #repeated = new Map<string, { readonly who: string; readonly what: Repeated; count: number }>()
  #waiting: Waiting[] = []

  /** Resolves when `who` has logged `event`, of `account` where that is given, from now on. */
  async when(who: string, event: string, account?: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ who, event, account, resolve }))
  }

  /** One line of a connector's log. */
  connectorLine(who: string, line: string): void {
    const { msg, ...fields } = JSON.parse(line) as Fields
    this.#hear(who, { event: String(msg), fields })
  }

  /** One line of `hourglass receive --json`. */
  bobLine(line: string): void {
    const { kind, ...fields } = JSON.parse(line) as Fields
    this.#hear('bob', { event: `wallet.${String(kind)}`, fields })
  }

  /** Says how often that happened which was told in part, and begins to count anew. */
  summarize(): void {
    for (const { who, what, count } of this.#repeated.values()) {
      if (count > what.toldMax) step(what.layer, who, `… ${count} ${what.plural} in all`)
    }
    this.#repeated.clear()
  }

  #hear(who: string, line: LogLine): void {
    this.#tell(who, line)
    this.#waiting = this.#waiting.filter((waiting) => {
      const { event, account = line.fields['account'] } = waiting
      if (waiting.who !== who || event !== line.event || account !== line.fields['account']) return true
      waiting.resolve()
      return false
    })
  }

  #tell(who: string, { event, fields }: LogLine): void {
    const text = (name: string): string => String(fields[name] ?? '')
    switch (event) {
      case 'connector.started':
        return step('L3 ilp', who, `connector ${text('address')} is up`)
      case 'link.up':
        return step('L2 link', who, `link to ${text('account')} is up (BTP over WebSocket)`)
      case 'wallet.receiving':
        return step(
          'L5 app',
          who,
          `receives at ${text('pointer')} in ${text('assetCode')}, as ${text('address')}`,
        )
      case 'connector.packet-fulfilled':
        return this.#packet(who, fields)
      case 'connector.settlement-due': {
        const amount = formatMoney(BigInt(text('amount')), assetOf(who, text('account')))
        return this.#repeat(DUES, who, `owes ${text('account')} ${amount}: time to settle`)
      }
      default:
        if (event.startsWith('channel.')) this.#channel(who, event, fields)
        if (event.startsWith('lightning.')) this.#lightning(who, event, fields)
    }
  }

  #channel(who: string, event: string, fields: Fields): void {
    const text = (name: string): string => String(fields[name] ?? '')
    const { ledger } = peeringOf(who, text('account'))!
    const money = (name: string): string => formatShort(BigInt(text(name)), LEDGER_ASSETS[ledger])
    const transact = (what: string): void => {
      step('L1 ledger', who, `${what} (${shorten(text('transaction'))})`)
    }
    switch (event) {
      case 'channel.opening':
        return step('L2 channel', who, `opens a payment channel to ${shorten(text('destination'))}`)
      case 'channel.opened':
        return transact(`opened a channel with ${money('deposit')}`)
      case 'channel.funded':
        return transact(`channel now holds ${money('deposit')}`)
      case 'channel.claim-sent':
        this.promises[ledger]++
        return this.#repeat(CLAIMS_SENT, who, `signed a claim on its channel: ${money('amount')} in all`)
      case 'channel.claim-received':
        return this.#repeat(CLAIMS_RECEIVED, who, 'checked and kept that claim')
      case 'channel.redeemed':
        return transact(`redeemed ${money('amount')}`)
      case 'channel.refused':
        return step('L2 channel', who, `refused: ${text('message')}`)
    }
  }

  #lightning(who: string, event: string, fields: Fields): void {
    const text = (name: string): string => String(fields[name] ?? '')
    const money = (name: string): string => formatShort(BigInt(text(name)), BITCOIN_MSAT)
    switch (event) {
      case 'lightning.open': {
        const capacity = formatShort(BigInt(text('capacitySat')), LEDGER_ASSETS.bitcoin)
        return step(
          'L1 ledger',
          who,
          `opens a Lightning channel of ${capacity} to ${shorten(text('peerId'))}`,
        )
      }
      case 'lightning.paid':
        this.promises.bitcoin++
        return this.#repeat(PAYMENTS_SENT, who, `paid ${money('amountMsat')} over Lightning`)
      case 'lightning.received':
        return this.#repeat(PAYMENTS_RECEIVED, who, `credited ${money('amountMsat')}`)
      case 'lightning.unpaid':
        return step('L2 channel', who, `could not pay ${money('amountMsat')}: ${text('reason')}`)
    }
  }

  #packet(who: string, fields: Fields): void {
    const [from, to] = [String(fields['from']), String(fields['to'])]
    const incoming = formatMoney(BigInt(String(fields['incomingAmount'])), assetOf(who, from))
    const outgoing = formatMoney(BigInt(String(fields['outgoingAmount'])), assetOf(who, to))
    this.#repeat(PACKETS, who, `fulfilled ${incoming} from ${from} → ${outgoing} to ${to}`)
  }

  #repeat(what: Repeated, who: string, text: string): void {
    const key = `${who} ${what.plural}`
    const entry = this.#repeated.get(key) ?? { who, what, count: 0 }
    this.#repeated.set(key, entry)
    entry.count++
    if (entry.count <= what.toldMax) step(what.layer, who, text)
  }
}

/** Without zeros at the end, of which ledgers have many. */
function formatShort(amount: bigint, { code, scale }: Asset): string {
  return `${formatAmount(amount, scale).replace(/\.?0+$/, '')} ${code}`
}
