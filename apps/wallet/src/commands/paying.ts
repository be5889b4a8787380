/** What `hourglass pay` and `hourglass resume` share: shows the quote, asks, pays, and says what came of it. */
import { performance } from 'node:perf_hooks'
import type { PaymentResult } from '@hourglass/pay'
import { type Asset, formatMoney } from '../amount.ts'
import { endMessage, money } from '../end-message.ts'
import { ExitCode } from '../failure.ts'
import type { OpenPayment } from '../pay.ts'
import { type Terminal, bar } from '../terminal.ts'
import type { PaymentFile } from '../unfinished-payments.ts'
import { JsonPayVoice, PlainPayVoice } from './pay-voice.ts'

export interface PayingOptions {
  readonly yes?: true
  readonly json?: true
}

export interface Paying {
  readonly target: string
  readonly open: OpenPayment
  /** Removed once there is nothing to go on with. */
  readonly file: PaymentFile
  /** What the quote took. */
  readonly quoteMs: number
}

/** Resolves to the exit code. */
export async function carryOut(
  { target, open, file, quoteMs }: Paying,
  own: Asset,
  { options, terminal }: { readonly options: PayingOptions; readonly terminal: Terminal },
): Promise<number> {
  const isJson = options.json === true
  const voice = isJson ? new JsonPayVoice(own, terminal) : new PlainPayVoice(own, terminal)
  const { quote, payment, asset } = open
  if (quote !== undefined) voice.quote(target, { ...open, quote })
  const isAsking = quote !== undefined && !isJson && options.yes !== true && terminal.isInteractive
  if (isAsking && !(await terminal.confirm('Pay?'))) {
    await payment.cancel()
    terminal.line('Nothing was paid.')
    return ExitCode.Failed
  }
  const agreedAt = performance.now()
  const result = await payUntilStopped(open, own, terminal)
  voice.result(result, asset, Math.round(quoteMs + performance.now() - agreedAt))
  const isOver = result.end.kind === 'complete' || (result.sent === 0n && result.uncertain === 0n)
  if (isOver) file.remove()
  if (result.end.kind === 'complete') return ExitCode.Done
  const hint = isOver ? '' : `; hourglass resume ${file.id} goes on with it`
  terminal.fail(`not all was paid: ${endMessage(result.end, own, asset)}${hint}`)
  return ExitCode.Failed
}

/** Pays; Ctrl-C stops it and still tells what was paid. */
async function payUntilStopped(
  { payment, amount, asset }: OpenPayment,
  own: Asset,
  terminal: Terminal,
): Promise<PaymentResult> {
  const stop = (): void => void payment.cancel()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    return await payment.pay({
      progress({ sent, delivered }) {
        const [done, all] = 'send' in amount ? [sent, amount.send] : [delivered, amount.deliver]
        const share = Number((done * 1000n) / all) / 1000
        const percent = String(Math.floor(share * 100)).padStart(3)
        const sums = `${formatMoney(sent, own)} → ${money(delivered, asset)}`
        terminal.progress(`${bar(share)} ${percent} %   ${sums}`)
      },
    })
  } finally {
    terminal.clearProgress()
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}
