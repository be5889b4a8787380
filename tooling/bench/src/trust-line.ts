/**
 * Two connector apps that settle between them by a payment channel on an EVM chain; one sends packets and pays, the
 * other takes them. Run by itself, with their config files, it is the program in the middle: both apps. Tooling.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConfigInput, loadConfig, startConnector } from '@hourglass/connector-app'
import { DEV_ACCOUNTS, startDevChain } from '@hourglass/evm-devchain'
import { deployPayChan } from '@hourglass/ledger-evm/io'
import type { BtpSubject } from './btp-lines.ts'
import { PACKET_AMOUNT } from './load.ts'

type AccountInput = ConfigInput['accounts'][number]

/** Limits of one account, in packets. */
interface Limits {
  readonly max: number
  readonly settleThreshold?: number
  readonly prepay?: number
}

const ASSET = { code: 'ETH', scale: 9 }
/** Wei: more than any run moves, so that claims are measured and not the chain. */
const DEPOSIT = String(100n * 10n ** 18n)
/** Base units: as good as no limit. */
const MUCH = 10n ** 15n
const POLL_MS = 100

/** How far the payer trusts the payee, and the payee the payer. */
export function trusting(payer: Limits, payee: Limits): BtpSubject {
  return {
    async plan([payerPort, payeePort], directory) {
      const chain = await startDevChain()
      await deployPayChan({ rpcUrl: chain.url, privateKey: DEV_ACCOUNTS[0].privateKey })
      const nodes = [
        {
          ...node('payer', payerPort),
          ledgers: { evm: ledger(chain.url, 0) },
          accounts: [child('alice'), peer('payee', toPayee(payeePort), payer)],
          routes: [{ prefix: 'test.payee', account: 'payee' }],
        },
        {
          ...node('payee', payeePort),
          ledgers: { evm: ledger(chain.url, 1) },
          accounts: [child('bob'), peer('payer', { kind: 'btp-server', token: TOKEN }, payee)],
        },
      ]
      const args = nodes.map((config) => {
        const file = join(directory, `${config.data}.json`)
        writeFileSync(file, JSON.stringify(config satisfies ConfigInput))
        return file
      })
      return {
        module: import.meta.filename,
        args,
        ends: [
          { port: payerPort, username: 'alice', token: TOKEN },
          { port: payeePort, username: 'bob', token: TOKEN },
        ],
        receiver: 'test.payee.bob',
        close: () => chain.stop(),
      }
    },
  }
}

const TOKEN = 'bench-token'

function node(
  name: string,
  port: number,
): Pick<ConfigInput, 'address' | 'durability' | 'listen'> & { data: string } {
  return { address: `test.${name}`, data: name, durability: 'process', listen: { port } }
}

function ledger(rpcUrl: string, owner: number): NonNullable<ConfigInput['ledgers']>[string] {
  const { privateKey } = DEV_ACCOUNTS[owner]!
  return { kind: 'evm', rpcUrl, privateKey, confirmations: 1, pollMs: POLL_MS }
}

function toPayee(port: number): AccountInput['link'] {
  return { kind: 'btp-client', url: `btp+ws://payer@127.0.0.1:${port}`, token: TOKEN }
}

function child(id: string): AccountInput {
  const link = { kind: 'btp-server', token: TOKEN } as const
  return { id, relation: 'child', asset: ASSET, link, balance: { max: String(MUCH) } }
}

function peer(id: string, link: AccountInput['link'], limits: Limits): AccountInput {
  const { max, settleThreshold, prepay } = limits
  const balance = {
    max: inBaseUnits(max),
    ...(settleThreshold !== undefined && { settleThreshold: inBaseUnits(settleThreshold) }),
    ...(prepay !== undefined && { prepay: inBaseUnits(prepay) }),
  }
  const settlement = { kind: 'channel', ledger: 'evm', deposit: DEPOSIT } as const
  return { id, relation: 'peer', asset: ASSET, link, balance, settlement }
}

function inBaseUnits(packets: number): string {
  return String(BigInt(packets) * PACKET_AMOUNT)
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) await startConnector(loadConfig(file))
}
