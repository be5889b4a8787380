/** How `hourglass pay` speaks: to people, or to programs. */
import type { PaymentEnd, PaymentResult } from '@hourglass/pay'
import { divCeil } from '@hourglass/stream'
import { type Asset, formatMoney, formatRate } from '../amount.ts'
import { money } from '../end-message.ts'
import type { QuotedPayment } from '../pay.ts'
import type { Terminal } from '../terminal.ts'

export interface PayVoice {
  /** What would be paid, before it is. */
  quote(target: string, quoted: QuotedPayment): void
  /** What was paid. `ms` is what quote and payment took, without the payer's thinking. */
  result(result: PaymentResult, asset: Asset | undefined, ms: number): void
}

export class PlainPayVoice implements PayVoice {
  readonly #own: Asset
  readonly #terminal: Terminal

  constructor(own: Asset, terminal: Terminal) {
    this.#own = own
    this.#terminal = terminal
  }

  quote(target: string, { receiver, amount, quote, asset }: QuotedPayment): void {
    const own = this.#own
    const terminal = this.#terminal
    const { host, finalHost } = receiver
    // PP-22, SPSP-20
    const answeredBy = finalHost === host ? '' : `, answered by ${finalHost}`
    terminal.field('To', `${terminal.style('bold', target)}${answeredBy}`)
    const { sendMax, deliver, deliverMin } = quote
    if ('send' in amount) {
      terminal.field('Send', formatMoney(sendMax, own))
      terminal.field('Arrives', `about ${money(deliver, asset)}, at least ${money(deliverMin, asset)}`)
    } else {
      const expected = divCeil(deliver, quote.rate)
      terminal.field('Deliver', money(deliver, asset))
      terminal.field('Costs', `about ${formatMoney(expected, own)}, at most ${formatMoney(sendMax, own)}`)
    }
    if (asset !== undefined) {
      const { numerator, denominator } = quote.rate
      const rate = formatRate({ amount: denominator, asset: own }, { amount: numerator, asset })
      terminal.field('Rate', `1 ${own.code} = ${rate ?? '?'} ${asset.code}`)
    }
    terminal.field('Packets', `up to ${formatMoney(quote.packetAmountMax, own)} each`)
  }

  result(
    { end, sent, delivered, uncertain, packets }: PaymentResult,
    asset: Asset | undefined,
    ms: number,
  ): void {
    const own = this.#own
    const terminal = this.#terminal
    const arrived = terminal.style(
      end.kind === 'complete' ? ['bold', 'green'] : 'bold',
      money(delivered, asset),
    )
    terminal.line()
    terminal.field('Sent', formatMoney(sent, own))
    terminal.field('Delivered', `${arrived} in ${packets} ${packets === 1 ? 'packet' : 'packets'}, ${ms} ms`)
    if (uncertain === 0n) return
    terminal.field('Uncertain', `${formatMoney(uncertain, own)}: sent, but nobody said what became of it`)
  }
}

/** One object a line: the quote, then the outcome. Amounts are decimal strings of base units. */
export class JsonPayVoice implements PayVoice {
  readonly #own: Asset
  readonly #terminal: Terminal

  constructor(own: Asset, terminal: Terminal) {
    this.#own = own
    this.#terminal = terminal
  }

  /** The rate as two amounts that the path exchanges for one another. */
  quote(target: string, { receiver, quote, asset }: QuotedPayment): void {
    const { numerator, denominator } = quote.rate
    this.#say({
      kind: 'quote',
      target,
      receiver: receiver.finalHost,
      rate: { sent: moneyToJson(denominator, this.#own), delivered: moneyToJson(numerator, asset) },
      packetAmountMax: moneyToJson(quote.packetAmountMax, this.#own),
      sendMax: moneyToJson(quote.sendMax, this.#own),
    })
  }

  result(
    { end, sent, delivered, uncertain, packets }: PaymentResult,
    asset: Asset | undefined,
    ms: number,
  ): void {
    this.#say({
      kind: 'outcome',
      ...endToJson(end),
      sent: moneyToJson(sent, this.#own),
      delivered: moneyToJson(delivered, asset),
      ...(uncertain > 0n && { uncertain: moneyToJson(uncertain, this.#own) }),
      packets,
      ms,
    })
  }

  #say(fields: object): void {
    this.#terminal.line(JSON.stringify(fields))
  }
}

function moneyToJson(amount: bigint, asset: Asset | undefined): object {
  return { amount: String(amount), assetCode: asset?.code ?? null, assetScale: asset?.scale ?? null }
}

/** The reason and, beside it, its numbers as they are: amounts are decimal strings of base units. */
function endToJson({ kind, ...numbers }: PaymentEnd): object {
  const why = JSON.stringify(numbers, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return { outcome: kind, ...(why !== '{}' && { why: JSON.parse(why) as object }) }
}
