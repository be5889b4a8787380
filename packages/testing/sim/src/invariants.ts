/**
 * What must be true after every step of a node, and in the end. Testing.
 * What only packets and claims can show is checked where they pass: `watch/`.
 */
import type { Account } from '@hourglass/connector'
import type { PaymentReport } from '@hourglass/stream'
import type { Chain } from './chain.ts'
import type { Network } from './network.ts'
import type { NodeHost } from './node-host.ts'
import type { PaymentPlan } from './plan.ts'
import { check } from './violation.ts'
import { Wallet } from './wallet.ts'

/** How one end sees what it and its peer have moved between them, in all. */
export interface EndView {
  readonly incoming: bigint
  readonly outgoing: bigint
  readonly writtenOff: bigint
  readonly settled: bigint
  readonly received: bigint
}

/** What an account's totals were when they were last looked at. */
interface Seen {
  readonly host: NodeHost
  readonly peer: NodeHost | Wallet
  totals: EndView
  life: unknown
}

const TOTALS = ['incoming', 'outgoing', 'writtenOff', 'settled', 'received'] as const

export class Invariants {
  readonly #network: Network
  readonly #supplies = new Map<string, bigint>()
  readonly #seen = new Map<string, Map<string, Seen>>()
  /** Nodes of which nothing is promised: they cheat. */
  readonly #cheats: ReadonlySet<string>

  constructor(network: Network) {
    this.#network = network
    const nodes = [...network.nodes.values()]
    this.#cheats = new Set(nodes.filter(({ cheat }) => cheat !== undefined).map(({ name }) => name))
    for (const [name, chain] of network.chains) {
      this.#supplies.set(name, chain.ledger.supply())
      chain.afterAction = () => this.#checkLedger(name, chain)
    }
    for (const node of network.nodes.values()) {
      this.#seen.set(node.name, new Map())
      if (node.cheat === undefined) node.afterStep = () => this.#checkNode(node)
    }
    for (const { ends } of network.joints) {
      for (const [host, peer] of [ends, [ends[1], ends[0]] as const]) {
        if (host instanceof Wallet) continue
        this.#seen.get(host.name)!.set(peer.name, { host, peer, totals: NOTHING, life: undefined })
      }
    }
  }

  #checkNode(node: NodeHost): void {
    const { process } = node
    if (process === undefined) return
    for (const packets of node.packets.accounts()) {
      const account = process.accounts.get(packets.id)!
      const seen = this.#seen.get(node.name)!.get(packets.id)!
      const names = [node.name, packets.id]
      const { balance, balanceMax, prepay, settled, heldIncoming, heldOutgoing, incoming, outgoing } = account
      const { least, unknown } = packets
      check(
        balance + heldIncoming <= balanceMax,
        'balance-limit',
        names,
        () => `${balance} and ${heldIncoming} held, at most ${balanceMax}`,
      )
      check(
        prepay === undefined || settled - outgoing <= prepay,
        'prepaid-limit',
        names,
        () => `${settled} settled for ${outgoing}, at most ${prepay} ahead`,
      )
      check(
        heldIncoming >= packets.heldIncoming && heldOutgoing >= packets.heldOutgoing,
        'held-while-unanswered',
        names,
        () => `held ${heldIncoming}, ${heldOutgoing}; open ${packets.heldIncoming}, ${packets.heldOutgoing}`,
      )
      check(
        incoming >= least.incoming && outgoing >= least.outgoing,
        'fulfilled-is-posted',
        names,
        () => `${incoming}, ${outgoing}; fulfilled ${least.incoming}, ${least.outgoing}`,
      )
      check(
        incoming <= least.incoming + unknown.incoming && outgoing <= least.outgoing + unknown.outgoing,
        'posted-is-fulfilled',
        names,
        () => `${incoming}, ${outgoing}; fulfilled ${least.incoming}, ${least.outgoing}`,
      )
      this.#checkPair(account, seen)
    }
  }

  /** Totals only rise, and nobody claims to have paid more than the other has had. */
  #checkPair(account: Readonly<Account>, seen: Seen): void {
    const { host, peer, totals } = seen
    if (seen.life === host.process) {
      if (TOTALS.every((name) => account[name] === totals[name])) return
      for (const name of TOTALS) {
        const isRising = account[name] >= totals[name]
        check(
          isRising,
          'totals-only-rise',
          [host.name],
          () => `${name} ${totals[name]}, then ${account[name]}`,
        )
      }
    }
    const { incoming, outgoing, writtenOff, settled, received } = account
    seen.totals = { incoming, outgoing, writtenOff, settled, received }
    seen.life = host.process
    if (this.#cheats.has(peer.name)) return
    const other = viewOf(peer, host.name)
    const names = [host.name, peer.name]
    check(
      outgoing <= other.incoming - other.writtenOff && other.outgoing <= incoming - writtenOff,
      'paid-is-had',
      names,
      () =>
        `out ${outgoing}, in ${incoming} - ${writtenOff}; peer's in ${other.incoming}, out ${other.outgoing}`,
    )
    check(
      received <= other.settled && other.received <= settled,
      'had-is-settled',
      names,
      () => `received ${received}, settled ${settled}; peer's ${other.received}, ${other.settled}`,
    )
  }

  /** A ledger's money is whole. */
  #checkLedger(name: string, { ledger }: Chain): void {
    const [now, before] = [ledger.supply(), this.#supplies.get(name)]
    check(now === before, 'ledger-supply', [name], () => `${before}, then ${now}`)
  }

  /** A payment is over: what its payer says has arrived has arrived. */
  checkPayment({ from, to }: PaymentPlan, destination: string, report: PaymentReport): void {
    const earned = this.#network.wallets.get(to)!.receiver.earned.get(destination) ?? 0n
    check(
      report.delivered <= earned,
      'delivered-is-earned',
      [from, to],
      () => `reports ${report.delivered}, ${to} counts ${earned}`,
    )
  }

  /** When faults are over and all is quiet. */
  checkEnd(): void {
    for (const [name, chain] of this.#network.chains) this.#checkLedger(name, chain)
    for (const { ends } of this.#network.joints) {
      const [a, b] = ends
      if (this.#cheats.has(a.name) || this.#cheats.has(b.name)) continue
      checkMirror(a, b)
      checkMirror(b, a)
    }
    for (const node of this.#network.nodes.values()) {
      if (node.cheat !== undefined) continue
      this.#checkNoHolds(node)
      checkBooks(node)
      for (const claims of node.claims.values()) {
        claims.checkRedeemed()
        claims.checkChannels()
      }
    }
  }

  #checkNoHolds(host: NodeHost): void {
    const { process, name } = host
    check(process !== undefined, 'runs-again', [name], () => 'its process is down')
    for (const { id, heldIncoming, heldOutgoing } of process.accounts.values()) {
      if (this.#cheats.has(id)) continue
      const isFree = heldIncoming === 0n && heldOutgoing === 0n
      check(isFree, 'all-decided', [name, id], () => `still held: ${heldIncoming}, ${heldOutgoing}`)
    }
  }
}

const NOTHING: EndView = { incoming: 0n, outgoing: 0n, writtenOff: 0n, settled: 0n, received: 0n }

/** The account of `end` with `peer`: of a process that runs, or as it is durable. */
function viewOf(end: NodeHost | Wallet, peer: string): EndView {
  if (end instanceof Wallet) return end.view
  return end.process?.accounts.get(peer) ?? end.durableTotals(peer)
}

/** What `a` has paid is what `b` has had. */
function checkMirror(a: NodeHost | Wallet, b: NodeHost | Wallet): void {
  const [ours, theirs] = [viewOf(a, b.name), viewOf(b, a.name)]
  const had = theirs.incoming - theirs.writtenOff
  // Wallets keep no books: an answer that their link has lost is lost to them.
  const isLost = hasLost(a, b) || hasLost(b, a)
  check(
    isLost ? ours.outgoing <= had : ours.outgoing === had,
    'balances-mirror',
    [a.name, b.name],
    () => `paid ${ours.outgoing}, had ${theirs.incoming} - ${theirs.writtenOff}`,
  )
  const missing = ours.settled - theirs.received
  check(
    missing >= 0n && missing < leftOver(a, b),
    'settlements-mirror',
    [a.name, b.name],
    () => `settled ${ours.settled}, received ${theirs.received}`,
  )
}

function hasLost(end: NodeHost | Wallet, peer: NodeHost | Wallet): boolean {
  if (end instanceof Wallet) return end.hasLost
  if (!(peer instanceof Wallet)) return false
  return [...end.packets.accounts()].some((account) => account.id === peer.name && account.hasLost)
}

/** What a ledger with a smaller scale cannot move is less than this. */
function leftOver(a: NodeHost | Wallet, b: NodeHost | Wallet): bigint {
  const wallet = a instanceof Wallet ? a : b instanceof Wallet ? b : undefined
  const terms = wallet?.plan ?? (a as NodeHost).accounts.get(b.name)!.terms
  const digits = terms.asset.scale - 9
  return digits > 0 ? 10n ** BigInt(digits) : 1n
}

/** Every asset adds up to zero. */
function checkBooks({ name, process }: NodeHost): void {
  for (const { asset, sum } of process?.node.connector.books.assets() ?? []) {
    check(sum === 0n, 'books-balance', [name], () => `${asset.code}/${asset.scale} adds up to ${sum}`)
  }
}
