/** `hourglass pay`: asks who is paid and for what, shows it, pays, and says exactly what came of it. */
import { performance } from 'node:perf_hooks'
import { targetUrl } from '@hourglass/spsp/io'
import { decodeDecimal, decodePercent } from '../amount.ts'
import { loadConfig } from '../config.ts'
import { CommandError } from '../failure.ts'
import { type Wish, quotePayment } from '../pay.ts'
import type { Terminal } from '../terminal.ts'
import { UnfinishedPayments } from '../unfinished-payments.ts'
import { openWallet } from '../wallet.ts'
import { type PayingOptions, carryOut } from './paying.ts'

export interface PayOptions extends PayingOptions {
  readonly config?: string
  readonly amount?: string
  readonly deliver?: string
  readonly slippage: string
  /** Host → origin. */
  readonly resolve: ReadonlyMap<string, string>
}

export async function runPay(target: string, options: PayOptions, terminal: Terminal): Promise<number> {
  const wish = decodeWish(options)
  const slippage = decodePercent(options.slippage)
  const { resolve } = options
  const allowHttp = isLocal(target)
  const config = loadConfig(options.config, process.env)
  const wallet = await openWallet(config)
  const file = new UnfinishedPayments(config).create({ target, resolve })
  try {
    const askedAt = performance.now()
    const save = file.save.bind(file)
    const open = await quotePayment(wallet, target, wish, { slippage, resolve, allowHttp, save })
    const paying = { target, open, file, quoteMs: performance.now() - askedAt }
    return await carryOut(paying, wallet.asset, { options, terminal })
  } finally {
    file.close()
    await wallet.close()
  }
}

/** Whoever could listen in on this machine's own network has the wallet already. */
export function isLocal(target: string): boolean {
  return LOOPBACK.test(targetUrl(target).hostname)
}

function decodeWish({ amount, deliver }: PayOptions): Wish {
  if (amount !== undefined && deliver === undefined) return { send: decodeDecimal(amount) }
  if (amount === undefined && deliver !== undefined) return { deliver: decodeDecimal(deliver) }
  throw new CommandError('say either --amount, what to send, or --deliver, what shall arrive')
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/
