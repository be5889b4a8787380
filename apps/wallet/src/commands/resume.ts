/** `hourglass resume`: lists payments that were not finished, or goes on with one. */
import { performance } from 'node:perf_hooks'
import { type Asset, formatMoney } from '../amount.ts'
import { loadConfig } from '../config.ts'
import { ExitCode } from '../failure.ts'
import { resumePayment } from '../pay.ts'
import type { Terminal } from '../terminal.ts'
import { type UnfinishedPayment, UnfinishedPayments } from '../unfinished-payments.ts'
import { openWallet } from '../wallet.ts'
import { isLocal } from './pay.ts'
import { type PayingOptions, carryOut } from './paying.ts'

export interface ResumeOptions extends PayingOptions {
  readonly config?: string
}

export async function runResume(
  id: string | undefined,
  options: ResumeOptions,
  terminal: Terminal,
): Promise<number> {
  const config = loadConfig(options.config, process.env)
  const wallet = await openWallet(config)
  try {
    const payments = new UnfinishedPayments(config)
    if (id !== undefined) return await goOn(payments, id)
    tell(payments.list(), wallet.asset)
    return ExitCode.Done
  } finally {
    await wallet.close()
  }

  async function goOn(payments: UnfinishedPayments, which: string): Promise<number> {
    const { payment, file } = payments.take(which)
    const { target, resolve, state } = payment
    try {
      const askedAt = performance.now()
      const save = file.save.bind(file)
      const allowHttp = isLocal(target)
      const open = await resumePayment(wallet, target, state, { resolve, allowHttp, save })
      const paying = { target, open, file, quoteMs: performance.now() - askedAt }
      return await carryOut(paying, wallet.asset, { options, terminal })
    } finally {
      file.close()
    }
  }

  function tell(payments: readonly UnfinishedPayment[], own: Asset): void {
    for (const { id: name, target, state } of payments) {
      if (options.json === true) {
        terminal.line(JSON.stringify({ kind: 'unfinished', id: name, target, sent: String(state.sent) }))
      } else
        terminal.line(
          `${name}  ${target}  ${formatMoney(state.sent, own)} of at most ${formatMoney(state.sendMax, own)} sent`,
        )
    }
    if (payments.length === 0 && options.json !== true) terminal.line('All payments are finished.')
  }
}
