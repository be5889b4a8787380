/** `hourglass balance`: what the wallet's connector owes the wallet. The connector keeps the books, not the wallet. */
import { formatMoney } from '../amount.ts'
import { loadConfig } from '../config.ts'
import { ExitCode } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { openWallet } from '../wallet.ts'

export interface BalanceOptions {
  readonly config?: string
  readonly json?: true
}

export async function runBalance(options: BalanceOptions, terminal: Terminal): Promise<number> {
  const wallet = await openWallet(loadConfig(options.config, process.env))
  try {
    const { balance, spendable } = await wallet.balance()
    const { address, asset } = wallet
    if (options.json === true) {
      const { code: assetCode, scale: assetScale } = asset
      const fields = {
        balance: String(balance),
        spendable: String(spendable),
        assetCode,
        assetScale,
        address,
      }
      terminal.line(JSON.stringify(fields))
    } else {
      terminal.field('Balance', `${terminal.style('bold', formatMoney(balance, asset))}${meaning(balance)}`)
      terminal.field('Spendable', formatMoney(spendable, asset))
      terminal.field('Address', address)
    }
    return ExitCode.Done
  } finally {
    await wallet.close()
  }
}

function meaning(balance: bigint): string {
  if (balance === 0n) return ''
  return balance > 0n ? '  your connector owes you' : '  you owe your connector'
}
