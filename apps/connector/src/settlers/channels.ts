/** Payment channels, on whichever ledger has an adapter. */
import { ChannelSettlement } from '@hourglass/channel'
import type { Ledger, LedgerAction } from '@hourglass/ledger'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { type LedgerConfig, readSecret } from '../config.ts'
import type { SettledAccount, Settler, SettlerContext } from './settler.ts'

export type ChannelLedgerConfig = Extract<LedgerConfig, { kind: 'evm' | 'xrpl' }>

/** Asset in which channels are funded: the ledger's own. */
const ASSET = 'native'

export async function openChannels(config: ChannelLedgerConfig, { name }: SettlerContext): Promise<Settler> {
  const ledger = await connect(name, config)
  return {
    settle(account, records) {
      const settlement = buildSettlement(account as SettledAccount<'channel'>, ledger)
      settlement.restore(records)
      const session = ledger.connect(account.hear)
      return {
        settlement,
        perform: (action) => session.perform(action as LedgerAction),
        close: () => session.close(),
      }
    },
    report: async () => ({
      kind: config.kind,
      network: ledger.name,
      address: ledger.account,
      balance: String(await ledger.balance(ASSET)),
      balanceScale: ledger.assetScale(ASSET),
    }),
    close: () => ledger.close(),
  }
}

/** One case for each kind of ledger. Its adapter is loaded where it is used: a ledger's client takes its time. */
async function connect(name: string, config: ChannelLedgerConfig): Promise<Ledger> {
  switch (config.kind) {
    case 'evm': {
      const { connectEvm } = await import('@hourglass/ledger-evm/io')
      const { rpcUrl, contract, confirmations, pollMs } = config
      const privateKey = readSecret(config.privateKey, `ledger ${name}, privateKey`)
      const options = { rpcUrl, privateKey, confirmations, pollMs }
      return connectEvm({ ...options, ...(contract !== undefined && { contract }) })
    }
    case 'xrpl': {
      const { connectXrpl } = await import('@hourglass/ledger-xrpl/io')
      const { url, seed, claimSeed } = config
      return connectXrpl({
        url,
        secret: readSecret(seed, `ledger ${name}, seed`),
        ...(claimSeed !== undefined && { claimSecret: readSecret(claimSeed, `ledger ${name}, claimSeed`) }),
      })
    }
  }
}

function buildSettlement(
  { id, scale, config }: SettledAccount<'channel'>,
  ledger: Ledger,
): ChannelSettlement {
  const { deposit, redeemThreshold, redeemAfterMs, redeemMin } = config
  const { settleDelayMs, settleDelayMsMin, settleDelayMsMax } = config
  return new ChannelSettlement({
    account: id,
    accountScale: scale,
    ledgerName: ledger.name,
    ledgerAccount: ledger.account,
    ledgerScale: ledger.assetScale(ASSET),
    scheme: ledger.scheme,
    asset: ASSET,
    rng: nodeRng,
    crypto: nodeCrypto,
    deposit,
    settleDelayMs,
    settleDelayMsMin,
    ...(settleDelayMsMax !== undefined && { settleDelayMsMax }),
    ...(redeemThreshold !== undefined && { redeemThreshold }),
    ...(redeemAfterMs !== undefined && { redeemAfterMs }),
    ...(redeemMin !== undefined && { redeemMin }),
  })
}
