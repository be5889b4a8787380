/** Turns what the programs log into the story that people see, and counts what the summary needs. */
import { type Asset, ETH, EUR, USD } from './cast.ts'
import { formatAmount, step } from './terminal.ts'

type Fields = Readonly<Record<string, string | number | boolean>>

/** A line of a program's log: an event and its numbers. */
interface LogLine {
  readonly event: string
  readonly fields: Fields
}

/** A transaction that a connector made. */
export interface SeenTransaction {
  readonly who: string
  readonly hash: string
}

/** Packets of one payment that are told one by one; the rest is told as a number. */
const PACKETS_TOLD = 3

export class Narrator {
  /** Whether anything is said; what is counted is counted all the same. */
  isSilent = false
  claims = 0
  readonly transactions: SeenTransaction[] = []
  #packets = new Map<string, number>()
  #waiting: { readonly who: string; readonly event: string; readonly resolve: () => void }[] = []

  /** Resolves when `who` has logged `event`, from now on. */
  async when(who: string, event: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ who, event, resolve }))
  }

  deployed(rpcUrl: string, contract: string): void {
    this.#step('L1 ledger', 'chain', `an EVM chain at ${rpcUrl}, payment channel contract ${contract}`)
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

  /** Says how many packets there were beyond those that were told, and begins to count anew. */
  endPayment(): void {
    for (const [who, count] of this.#packets) {
      if (count > PACKETS_TOLD) this.#step('L3 ilp', who, `… ${count} packets forwarded in all`)
    }
    this.#packets = new Map()
  }

  #hear(who: string, line: LogLine): void {
    this.#tell(who, line)
    this.#waiting = this.#waiting.filter((waiting) => {
      if (waiting.who !== who || waiting.event !== line.event) return true
      waiting.resolve()
      return false
    })
  }

  #tell(who: string, { event, fields }: LogLine): void {
    const text = (name: string): string => String(fields[name] ?? '')
    const ether = (name: string): string => `${formatAmount(BigInt(text(name)), WEI_SCALE)} ETH`
    switch (event) {
      case 'connector.started':
        return this.#step('L3 ilp', who, `connector ${text('address')} is up`)
      case 'link.up':
        return this.#step('L2 link', who, `link to ${text('account')} is up (BTP over WebSocket)`)
      case 'wallet.receiving':
        return this.#step(
          'L5 app',
          who,
          `receives at ${text('pointer')} in ${text('assetCode')}, as ${text('address')}`,
        )
      case 'connector.packet-fulfilled':
        return this.#packet(who, fields)
      case 'connector.settlement-due':
        return this.#step('L3 ilp', who, `owes ${text('account')} ${eth(text('amount'))}: time to settle`)
      case 'channel.opening':
        return this.#step('L2 channel', who, `opens a payment channel to ${text('destination')}`)
      case 'channel.opened':
        this.#transaction(who, text('transaction'))
        return this.#step(
          'L1 ledger',
          who,
          `opened a channel with ${ether('deposit')}   ${text('transaction')}`,
        )
      case 'channel.funded':
        this.#transaction(who, text('transaction'))
        return this.#step('L1 ledger', who, `channel now holds ${ether('deposit')}   ${text('transaction')}`)
      case 'channel.claim-sent':
        this.claims++
        return this.#step('L2 channel', who, `signed a claim on its channel: ${ether('amount')} in all`)
      case 'channel.claim-received':
        return this.#step('L2 channel', who, `checked and kept that claim`)
      case 'channel.redeemed':
        this.#transaction(who, text('transaction'))
        return this.#step('L1 ledger', who, `redeemed ${ether('amount')}   ${text('transaction')}`)
      case 'channel.refused':
        return this.#step('L2 channel', who, `refused: ${text('message')}`)
    }
  }

  #transaction(who: string, hash: string): void {
    if (hash !== '') this.transactions.push({ who, hash })
  }

  #packet(who: string, fields: LogLine['fields']): void {
    const count = (this.#packets.get(who) ?? 0) + 1
    this.#packets.set(who, count)
    if (count > PACKETS_TOLD) return
    const [from, to] = [String(fields['from']), String(fields['to'])]
    const incoming = money(BigInt(String(fields['incomingAmount'])), from)
    const outgoing = money(BigInt(String(fields['outgoingAmount'])), to)
    this.#step('L3 ilp', who, `packet ${count}: ${incoming} from ${from} → ${outgoing} to ${to}, fulfilled`)
  }

  #step(...[layer, who, text]: Parameters<typeof step>): void {
    if (!this.isSilent) step(layer, who, text)
  }
}

const WEI_SCALE = 18

/** Each account of the cast holds one asset. */
const ASSETS: Readonly<Record<string, Asset>> = { alice: USD, bob: EUR, acme: ETH, bolt: ETH }

function money(amount: bigint, account: string): string {
  const asset = ASSETS[account] ?? ETH
  return `${formatAmount(amount, asset.scale)} ${asset.code}`
}

function eth(units: string): string {
  return `${formatAmount(BigInt(units), ETH.scale)} ETH`
}
