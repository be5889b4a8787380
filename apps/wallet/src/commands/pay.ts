/** `hourglass pay`: asks who is paid and for what, shows it, pays, and says exactly what came of it. */
import { performance } from 'node:perf_hooks'
import { targetUrl } from '@hourglass/spsp/io'
import type { PaymentReport } from '@hourglass/stream'
import { type Asset, decodeDecimal, decodePercent, formatMoney } from '../amount.ts'
import { loadConfig } from '../config.ts'
import { CommandError, ExitCode } from '../failure.ts'
import { outcomeMessage } from '../outcome-message.ts'
import { type QuotedPayment, type Wish, quotePayment } from '../pay.ts'
import { type Terminal, bar } from '../terminal.ts'
import { openWallet } from '../wallet.ts'
import { JsonPayVoice, PlainPayVoice, money } from './pay-voice.ts'

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
  // Whoever could listen in on this machine's own network has the wallet already.
  const allowHttp = LOOPBACK.test(targetUrl(target).hostname)
  const wallet = await openWallet(loadConfig(options.config, process.env))
  try {
    const isJson = options.json === true
    const voice = isJson
      ? new JsonPayVoice(wallet.asset, terminal)
      : new PlainPayVoice(wallet.asset, terminal)
    const askedAt = performance.now()
    const quoted = await quotePayment(wallet, target, wish, { slippage, resolve: options.resolve, allowHttp })
    const quoteMs = performance.now() - askedAt
    voice.quote(target, quoted)
    if (!isJson && options.yes !== true && terminal.isInteractive && !(await terminal.confirm('Pay?'))) {
      await quoted.payment.cancel()
      terminal.line('Nothing was paid.')
      return ExitCode.Failed
    }
    const agreedAt = performance.now()
    const report = await carryOut(quoted, wallet.asset, terminal)
    voice.report(report, quoted.asset, Math.round(quoteMs + performance.now() - agreedAt))
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

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/
