/** What the wallet asks its connector: who it is, in which asset, and how its account stands. */
import {
  type Address,
  ILDCP_DESTINATION,
  PacketType,
  decodeIldcpResponse,
  decodeReply,
  encodeIldcpRequest,
} from '@hourglass/ilp'
import { now } from '@hourglass/sansio/io'
import { z } from 'zod'
import type { Asset } from './amount.ts'
import type { ConnectorLink } from './connector-link.ts'
import { WalletError } from './failure.ts'

/** The link protocol under which packets travel, and the one under which a connector tells balances. */
export const ILP_PROTOCOL = 'ilp'
const BALANCE_PROTOCOL = 'balance'

export interface Identity {
  /** The wallet's own address, below its connector's. */
  readonly address: Address
  /** What the account with the connector is kept in. */
  readonly asset: Asset
}

/** How the account stands, in base units of its asset. */
export interface Balance {
  /** Positive: the connector owes the wallet. */
  readonly balance: bigint
  /** What the wallet may still send. */
  readonly spendable: bigint
}

/** IL-DCP (IL-RFC 31). @throws WalletError */
export async function askIdentity(link: ConnectorLink): Promise<Identity> {
  const what = 'the wallet its address'
  const body = await link.ask(ILP_PROTOCOL, encodeIldcpRequest(now() + ILDCP_EXPIRY_MS), what)
  try {
    const reply = decodeReply(body)
    if (reply.type === PacketType.Reject) {
      const why = `${reply.code} ${reply.message}`
      throw new WalletError(
        'connector-answer',
        `the connector refuses to tell ${what} (${ILDCP_DESTINATION}): ${why}`,
      )
    }
    const { address, assetCode, assetScale } = decodeIldcpResponse(reply)
    return { address, asset: { code: assetCode, scale: assetScale } }
  } catch (error) {
    throw error instanceof WalletError ? error : unreadable(what, error)
  }
}

/** @throws WalletError */
export async function askBalance(link: ConnectorLink): Promise<Balance> {
  const what = 'the balance'
  const body = await link.ask(BALANCE_PROTOCOL, new Uint8Array(0), what)
  try {
    return balanceReply.parse(JSON.parse(new TextDecoder().decode(body)))
  } catch (error) {
    throw unreadable(what, error)
  }
}

function unreadable(what: string, cause: unknown): WalletError {
  return new WalletError('connector-answer', `the connector's answer about ${what} cannot be read`, { cause })
}

const baseUnits = z
  .string()
  .regex(/^-?\d{1,80}$/)
  .transform(BigInt)
const balanceReply = z.object({ balance: baseUnits, spendable: baseUnits })

/** A minute, as IL-RFC 31 has it; the link gives up long before. */
const ILDCP_EXPIRY_MS = 60_000
