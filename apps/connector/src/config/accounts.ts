/** Accounts of the config: whom we know, and how far. */
import { z } from 'zod'
import { amount, btpUrl, name, peerUrl, prefix, secret } from './fields.ts'
import { pluginLink, pluginSettlement } from './plugins.ts'
import { peerRouting } from './routing.ts'

const link = z.discriminatedUnion('kind', [
  /** The peer connects to us and says this token. */
  z.strictObject({ kind: z.literal('btp-server'), token: secret }),
  /** We connect to the peer: `btp+ws://user@host:port`, the token apart from it. */
  z.strictObject({ kind: z.literal('btp-client'), url: btpUrl, token: secret }),
  pluginLink,
  /** Each posts to the other: ILP over HTTP. */
  z.strictObject({
    kind: z.literal('http'),
    /** Where the peer takes packets. */
    url: peerUrl,
    /** What we say to the peer. */
    token: secret,
    /** What the peer says to us: any of them. */
    peerTokens: z.array(secret).min(1),
    /** `async`: answers are POSTs of their own. The peer must serve a Request-Id once. */
    mode: z.enum(['sync', 'async']).default('sync'),
    /** Where the peer posts answers, if it does not know: a URL of ours. */
    callbackUrl: peerUrl.optional(),
    /** With `http://`: the peer speaks HTTP/2. With `https://` that is found out. */
    http2: z.boolean().default(false),
  }),
])

const channelSettlement = z.strictObject({
  kind: z.literal('channel'),
  /** Name under `ledgers`. */
  ledger: z.string(),
  /** What a channel of ours escrows at least, in the ledger's base units. */
  deposit: amount,
  /** What the peer's claims may add up to before they are redeemed, in the ledger's base units. */
  redeemThreshold: amount.optional(),
  /** The settle delay that we offer, and the least that we accept. */
  settleDelayMs: z.int().positive().default(86_400_000),
  settleDelayMsMin: z.int().positive().default(3_600_000),
  /** The most that we accept: ledgers may compute wrongly with delays beyond all reason. */
  settleDelayMsMax: z.int().positive().optional(),
  /** No claim waits longer for the ledger. Default: until the threshold, a close or `collect`. */
  redeemAfterMs: z.int().positive().optional(),
  /** What is not worth the fee of redeeming it, in the ledger's base units. Default 1. */
  redeemMin: amount.optional(),
})

const lightningSettlement = z.strictObject({
  kind: z.literal('lightning'),
  /** Name under `ledgers`. */
  ledger: z.string(),
  /** Capacity of a channel that we open where those there are carry too little, in satoshi. 0: none is opened. */
  channelSat: amount,
  /** The channels to this peer that we opened have no more in all. */
  budgetSat: amount,
  /** How we pay; `invoice` for peers whose nodes take no keysend. */
  by: z.enum(['keysend', 'invoice']).default('keysend'),
  /** The peer is asked to open channels until it can pay us as much over them. */
  inboundSat: amount.optional(),
  /** Whether we open channels where the peer asks for them, within budget and reserve. */
  servesInbound: z.boolean().default(false),
  /** What stays in the node's wallet for what closing channels costs. */
  reserveSat: amount.optional(),
  /** With less of `channelSat` left to send, in percent, another channel is opened ahead of need. 0: none is. */
  refillPercent: z.int().min(0).max(100).optional(),
  /** How long the peer has to agree to closes once the peering has ended. */
  closePatienceMs: z.int().positive().optional(),
})

const settlement = z.discriminatedUnion('kind', [channelSettlement, lightningSettlement, pluginSettlement])

const packetRate = z.strictObject({
  perMinute: z.int().positive(),
  /** At once; default: as many as come in a minute. */
  burst: z.int().positive().optional(),
})

/** What an account may do beside owing money; what is not given is switched off. */
const rules = z.strictObject({
  /** Prepares of the peer. */
  packetRate: packetRate.optional(),
  /** Base units a second, and at once. */
  throughput: z.strictObject({ incoming: amount.optional(), outgoing: amount.optional() }).optional(),
  /** Where the peer's packets may go; the longest prefix decides. */
  destinations: z
    .strictObject({ allow: z.array(prefix).optional(), deny: z.array(prefix).optional() })
    .optional(),
  /** No two packets with one condition at a time. */
  refusesDuplicates: z.boolean().optional(),
  /** Packets may go back to this account. */
  reflects: z.boolean().optional(),
  /** What we keep of a packet's time. */
  expiryMarginMs: z.int().positive().optional(),
  /** The longest that money is held for a packet of the peer's. */
  holdTimeMsMax: z.int().positive().optional(),
  /** The peer may ask for its packets back: so often, and so much money at a time. */
  echo: packetRate.extend({ amountMax: amount }).optional(),
})

const asset = z.strictObject({ code: z.string().min(1).max(20), scale: z.int().min(0).max(255) })

export const account = z.strictObject({
  id: name,
  relation: z.enum(['peer', 'parent', 'child']),
  asset,
  link,
  balance: z.strictObject({
    /** The most that the peer may owe us. */
    max: amount,
    /** The most that we may owe the peer. */
    payableMax: amount.optional(),
    /** Settle as soon as we owe as much; '1': each packet. */
    settleThreshold: amount.optional(),
    settleTo: amount.optional(),
    /** Pay the peer ahead: the most that it holds of ours for packets to come. */
    prepay: amount.optional(),
    /** What may be written off, in all, of packets whose Fulfill reached the peer too late. Default: nothing. */
    writeOffMax: amount.optional(),
  }),
  packetAmountMax: amount.optional(),
  packetAmountMin: amount.optional(),
  packetsInFlightMax: z.int().positive().optional(),
  rules: rules.default({}),
  settlement: settlement.optional(),
  routing: peerRouting.optional(),
})

/** Accounts that nobody has listed: each token that somebody connects with over BTP has one. */
export const children = z.strictObject({
  /** Their addresses are the node's, this, and a digest each. */
  name,
  asset,
  /** So many at most. */
  max: z.int().positive(),
  /** Of each. Nobody is known, so that credit is a gift. */
  balance: z.strictObject({ max: amount.default(0n), payableMax: amount.optional() }).default({ max: 0n }),
  packetAmountMax: amount.optional(),
  packetsInFlightMax: z.int().positive().default(100),
})
