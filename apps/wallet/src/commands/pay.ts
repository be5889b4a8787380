/** `hourglass pay`: asks who is paid and for what, shows it, pays, and says exactly what came of it. */
import { performance } from 'node:perf_hooks'
import { targetUrl } from '@hourglass/spsp/io'
import { type PaymentReport, divCeil, mulFloor } from '@hourglass/stream'
import { type Asset, decodeDecimal, decodePercent, formatMoney, formatRate } from '../amount.ts'
import { loadConfig } from '../config.ts'
import { CommandError, ExitCode } from '../failure.ts'
import { outcomeMessage } from '../outcome-message.ts'
import { type QuotedPayment, type Wish, quotePayment } from '../pay.ts'
import { type Terminal, bar } from '../terminal.ts'
import { type Wallet, openWallet } from '../wallet.ts'

export interface PayOptions {
  readonly config?: string
  readonly amount?: string
  readonly deliver?: string
  readonly slippage: string
  readonly yes?: true
  readonly json?: true
  /** Host → origin. */
  readonly resolve: ReadonlyMap<string, string>
}

export async function runPay(target: string, options: PayOptions, terminal: Terminal): Promise<number> {
  const wish = decodeWish(options)
  const slippage = decodePercent(options.slippage)
  const url = targetUrl(target)
  const wallet = await openWallet(loadConfig(options.config, process.env))
  try {
    // Whoever could listen in on this machine's own network has the wallet already.
    const allowHttp = LOOPBACK.test(url.hostname)
    const startedAt = performance.now()
    const quoted = await quotePayment(wallet, target, wish, { slippage, resolve: options.resolve, allowHttp })
    if (options.json === true) terminal.line(JSON.stringify(quoteToJson(quoted, wallet.asset)))
    else showQuote(target, quoted, wallet.asset, terminal)
    if (options.json !== true && options.yes !== true && terminal.isInteractive) {
      if (!(await terminal.confirm('Pay?'))) {
        await quoted.payment.cancel()
        terminal.line('Nothing was paid.')
        return ExitCode.Failed
      }
    }
    const report = await carryOut(quoted, wallet.asset, terminal)
    const ms = Math.round(performance.now() - startedAt)
    if (options.json === true) terminal.line(JSON.stringify(toJson(report, wallet, quoted.asset, ms)))
    else showReport(report, wallet.asset, quoted.asset, ms, terminal)
    if (report.outcome === 'complete') return ExitCode.Done
    terminal.fail(`not all was paid: ${outcomeMessage(report)}`)
    return ExitCode.Failed
  } finally {
    await wallet.close()
  }
}

function decodeWish({ amount, deliver }: PayOptions): Wish {
  if (amount !== undefined && deliver === undefined) return { send: decodeDecimal(amount) }
  if (amount === undefined && deliver !== undefined) return { deliver: decodeDecimal(deliver) }
  throw new CommandError('say either --amount, what to send, or --deliver, what shall arrive')
}

/** Pays; Ctrl-C stops it and still tells what was paid. */
async function carryOut(
  { payment, amount, asset }: QuotedPayment,
  own: Asset,
  terminal: Terminal,
): Promise<PaymentReport> {
  const stop = (): void => void payment.cancel()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    return await payment.pay(({ sent, delivered }) => {
      const [done, all] = 'send' in amount ? [sent, amount.send] : [delivered, amount.deliver]
      const share = Number((done * 1000n) / all) / 1000
      const percent = String(Math.floor(share * 100)).padStart(3)
      terminal.progress(`${bar(share)} ${percent} %   ${formatMoney(sent, own)} → ${money(delivered, asset)}`)
    })
  } finally {
    terminal.clearProgress()
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

function showQuote(target: string, quoted: QuotedPayment, own: Asset, terminal: Terminal): void {
  const { receiver, amount, quote, asset } = quoted
  const { host, finalHost } = receiver
  // PP-22, SPSP-20
  terminal.field(
    'To',
    `${terminal.style('bold', target)}${finalHost === host ? '' : `, answered by ${finalHost}`}`,
  )
  if ('send' in amount) {
    const least = mulFloor(amount.send, quote.minimumRate)
    terminal.field('Send', formatMoney(amount.send, own))
    terminal.field('Arrives', `about ${money(quote.deliver, asset)}, at least ${money(least, asset)}`)
  } else {
    const expected = divCeil(amount.deliver, quote.rate)
    terminal.field('Deliver', money(amount.deliver, asset))
    terminal.field('Costs', `about ${formatMoney(expected, own)}, at most ${formatMoney(quote.sendMax, own)}`)
  }
  if (asset !== undefined) {
    const { numerator, denominator } = quote.rate
    const rate = formatRate({ amount: denominator, asset: own }, { amount: numerator, asset })
    terminal.field('Rate', `1 ${own.code} = ${rate ?? '?'} ${asset.code}`)
  }
  terminal.field('Packets', `up to ${formatMoney(quote.packetAmountMax, own)} each`)
}

function showReport(
  report: PaymentReport,
  own: Asset,
  asset: Asset | undefined,
  ms: number,
  terminal: Terminal,
): void {
  const packets = `${report.packets} ${report.packets === 1 ? 'packet' : 'packets'}`
  const isComplete = report.outcome === 'complete'
  terminal.line()
  terminal.field('Sent', formatMoney(report.sent, own))
  terminal.field(
    'Delivered',
    `${terminal.style(isComplete ? ['bold', 'green'] : 'bold', money(report.delivered, asset))} in ${packets}, ${ms} ms`,
  )
  if (report.uncertain > 0n) {
    terminal.field(
      'Uncertain',
      `${formatMoney(report.uncertain, own)}: sent, but nobody said what became of it`,
    )
  }
}

/** Base units where the receiver does not say what it holds. */
function money(amount: bigint, asset: Asset | undefined): string {
  return asset === undefined ? `${amount} base units` : formatMoney(amount, asset)
}

/** What would be paid, before it is: the rate as two amounts that the path exchanged for one another. */
function quoteToJson({ receiver, quote, asset }: QuotedPayment, own: Asset): object {
  const { numerator, denominator } = quote.rate
  return {
    kind: 'quote',
    receiver: receiver.finalHost,
    rate: { sent: moneyToJson(denominator, own), delivered: moneyToJson(numerator, asset) },
    packetAmountMax: moneyToJson(quote.packetAmountMax, own),
    sendMax: moneyToJson(quote.sendMax, own),
  }
}

function moneyToJson(amount: bigint, asset: Asset | undefined): object {
  return {
    amount: String(amount),
    assetCode: asset?.code ?? null,
    assetScale: asset?.scale ?? null,
  }
}

function toJson(report: PaymentReport, { asset: own }: Wallet, asset: Asset | undefined, ms: number): object {
  const { outcome, code, sent, delivered, uncertain, packets } = report
  return {
    outcome,
    ...(code !== undefined && { code }),
    sent: moneyToJson(sent, own),
    delivered: moneyToJson(delivered, asset),
    ...(uncertain > 0n && { uncertain: String(uncertain) }),
    packets,
    ms,
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/
