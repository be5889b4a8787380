/**
 * One node: for each account a link and, maybe, a settlement, around one connector. Layer 3, connector.
 * Itself a machine, so that the apps and a simulator run the very same stack:
 *
 *   wire ⇄ link ⇄ connector          one link and one settlement per account
 *             ⇅      ⇅
 *          settlement ⇄ ledger
 */
import type { CommitOutput, CommittedInput, JournalRecord, StoredRecord } from '@hourglass/journal'
import type { Link, LinkOutput, Settlement, SettlementOutput, SettlementReport } from '@hourglass/link'
import {
  BusyMap,
  type Instant,
  type Machine,
  Queue,
  TIMEOUT,
  type TimeoutInput,
  type TraceOutput,
  assert,
} from '@hourglass/sansio'
import type { AccountOptions } from './account.ts'
import { Connector } from './connector.ts'
import type { ConnectorInput, ConnectorOptions, ConnectorOutput } from './messages.ts'
import type { Settings } from './settings.ts'

/** What wires and ledgers carry is a matter between a link or settlement and its shell: opaque here. */
export interface NodeAccount {
  readonly id: string
  readonly link: Link<never, unknown>
  readonly settlement?: Settlement<never, unknown>
}

export interface NodeOptions extends ConnectorOptions {
  /** Links and settlements of the accounts that `accounts` describes. */
  readonly stacks: readonly NodeAccount[]
}

export type NodeInput =
  | { readonly kind: 'wire'; readonly account: string; readonly wire: unknown }
  | { readonly kind: 'ledger'; readonly account: string; readonly event: unknown }
  /** Take in on the ledger what this account's peer has promised. */
  | { readonly kind: 'collect'; readonly account: string }
  /** The peering of this account ends: its settlement closes what is open, and pays nothing any more. */
  | { readonly kind: 'end'; readonly account: string }
  /** One account more, and what it stands on. */
  | { readonly kind: 'join'; readonly account: AccountOptions; readonly stack: NodeAccount }
  /** Other settings, and links and settlements for the accounts that are new in them. */
  | { readonly kind: 'change'; readonly settings: Settings; readonly stacks: readonly NodeAccount[] }
  | Extract<ConnectorInput, { kind: 'store' | 'forwarding' | 'rates' | 'reconcile' | 'decide' }>
  | CommittedInput
  | TimeoutInput

export type NodeOutput =
  | { readonly kind: 'wire'; readonly account: string; readonly wire: unknown }
  | { readonly kind: 'ledger'; readonly account: string; readonly action: unknown }
  /** That account is gone, and its link: nothing is sent or heard there any more. */
  | { readonly kind: 'left'; readonly account: string }
  | CommitOutput
  | TraceOutput

/** The machines of one account, as the node uses them. */
interface Stack {
  readonly id: string
  readonly link: Link<unknown, unknown>
  readonly settlement: Settlement<unknown, unknown> | undefined
}

/**
 * A machine's commit under the node's id: its records are not looked at here, so that they are taken late.
 * A class, for V8 keeps what a literal's accessor can see until the next full collection.
 */
class NodeCommit implements CommitOutput {
  readonly kind = 'commit'
  readonly id: number
  readonly #commit: CommitOutput

  constructor(id: number, commit: CommitOutput) {
    this.id = id
    this.#commit = commit
  }

  get records(): readonly JournalRecord[] {
    return this.#commit.records
  }
}

export class Node implements Machine<NodeInput, NodeOutput> {
  readonly connector: Connector
  readonly #stacks = new Map<string, Stack>()
  readonly #outputs = new Queue<NodeOutput>()
  /** Stacks whose machines may have outputs: drained before `handle` returns. */
  readonly #busy = new Queue<Stack>()
  /** No machine wants a timeout before this instant; maybe none does at it either. */
  #timeoutFrom: Instant | undefined
  /** Who asked for a commit, by the node's own id. */
  readonly #commits = new BusyMap<number, { readonly owner: Stack | undefined; readonly id: number }>()
  #lastCommit = 0

  constructor(options: NodeOptions) {
    this.connector = new Connector(options)
    this.#add(options.stacks)
  }

  /** A restored settlement has something to say already: the next input, a timeout will do, brings it out. */
  #add(stacks: readonly NodeAccount[]): void {
    for (const { id, link, settlement } of stacks) {
      const stack = { id, link, settlement }
      this.#stacks.set(id, stack)
      this.#wake(stack, stack.link.nextTimeout())
      this.#wake(stack, stack.settlement?.nextTimeout())
    }
  }

  /** Takes what the journal holds of the connector's accounts; settlements take theirs before they come here. */
  restore(records: Iterable<StoredRecord>): void {
    this.connector.restore(records)
  }

  /** What an account's settlement tells beside its totals; undefined where it tells nothing. */
  reportSettlement(account: string): SettlementReport | undefined {
    return this.#stacks.get(account)?.settlement?.report?.()
  }

  handle(input: NodeInput, now: Instant): void {
    switch (input.kind) {
      case 'wire':
        this.#toLink(input.account, { kind: 'wire', wire: input.wire }, now)
        break
      case 'ledger':
        this.#toSettlement(input.account, { kind: 'ledger', event: input.event }, now)
        break
      case 'collect':
      case 'end':
        this.#toSettlement(input.account, { kind: input.kind }, now)
        break
      case 'join':
        if (!this.connector.books.accounts.has(input.account.id)) {
          this.connector.handle({ kind: 'join', account: input.account }, now)
        }
        this.#add([input.stack])
        break
      case 'change':
        this.connector.handle({ kind: 'change', settings: input.settings }, now)
        this.#add(input.stacks)
        break
      case 'store':
      case 'forwarding':
      case 'rates':
      case 'reconcile':
      case 'decide':
        this.connector.handle(input, now)
        break
      case 'committed':
        this.#handleCommitted(input.id, now)
        break
      case 'timeout':
        this.#handleTimeout(now)
        break
    }
    this.#drainAll(now)
  }

  poll(): NodeOutput | undefined {
    return this.#outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#timeoutFrom, this.connector.nextTimeout())
  }

  /** An account that is gone has none: what still comes for it, or goes to it, is dropped. */
  #toLink(account: string, input: Parameters<Stack['link']['handle']>[0], now: Instant): void {
    const stack = this.#stacks.get(account)
    if (stack === undefined) {
      if (input.kind === 'request')
        this.connector.handle({ kind: 'failed', id: input.id / 2, failure: 'down' }, now)
      return
    }
    stack.link.handle(input, now)
    this.#wake(stack, stack.link.nextTimeout())
  }

  #toSettlement(
    account: string,
    input: Parameters<NonNullable<Stack['settlement']>['handle']>[0],
    now: Instant,
  ): void {
    const stack = this.#stacks.get(account)
    if (stack?.settlement === undefined) return
    stack.settlement.handle(input, now)
    this.#wake(stack, stack.settlement.nextTimeout())
  }

  #wake(stack: Stack, timeout: Instant | undefined): void {
    this.#busy.push(stack)
    this.#timeoutFrom = earliest(this.#timeoutFrom, timeout)
  }

  /** Carries outputs from machine to machine until none is left. */
  #drainAll(now: Instant): void {
    do {
      for (let stack = this.#busy.shift(); stack !== undefined; stack = this.#busy.shift()) {
        this.#drain(stack, now)
      }
      for (let output = this.connector.poll(); output !== undefined; output = this.connector.poll()) {
        this.#fromConnector(output, now)
      }
    } while (this.#busy.size > 0)
  }

  #drain(stack: Stack, now: Instant): void {
    for (let output = stack.link.poll(); output !== undefined; output = stack.link.poll()) {
      this.#fromLink(stack, output, now)
    }
    if (stack.settlement === undefined) return
    for (let output = stack.settlement.poll(); output !== undefined; output = stack.settlement.poll()) {
      this.#fromSettlement(stack, output, now)
    }
  }

  #fromLink(stack: Stack, output: LinkOutput<unknown>, now: Instant): void {
    switch (output.kind) {
      case 'wire':
        this.#outputs.push({ kind: 'wire', account: stack.id, wire: output.wire })
        break
      case 'request':
        if (output.protocol === stack.settlement?.protocol) {
          this.#toSettlement(stack.id, { kind: 'request', id: output.id, body: output.body }, now)
        } else {
          const { id, protocol, body } = output
          this.connector.handle({ kind: 'request', account: stack.id, id, protocol, body }, now)
        }
        break
      case 'reply':
      case 'failed':
        this.#fromPeer(stack, output, now)
        break
      case 'up':
      case 'down':
        this.connector.handle({ kind: output.kind, account: stack.id }, now)
        this.#toSettlement(stack.id, { kind: output.kind }, now)
        this.#outputs.push({ kind: 'trace', event: `link.${output.kind}`, fields: { account: stack.id } })
        break
    }
  }

  /** An answer to a request of ours: the connector's ids are even on the link, the settlement's odd. */
  #fromPeer(stack: Stack, output: Extract<LinkOutput<unknown>, { id: number }>, now: Instant): void {
    if (output.kind === 'request') return
    const answer = { ...output, id: Math.floor(output.id / 2) }
    if (output.id % 2 === 0) this.connector.handle(answer, now)
    else this.#toSettlement(stack.id, answer, now)
  }

  #fromConnector(output: ConnectorOutput, now: Instant): void {
    switch (output.kind) {
      case 'request':
        this.#toLink(output.account, { ...output, id: output.id * 2 }, now)
        break
      case 'reply':
      case 'refuse':
        this.#toLink(output.account, output, now)
        break
      case 'settle':
        this.#toSettlement(output.account, { kind: 'settle', total: output.total }, now)
        break
      case 'left':
        this.#stacks.delete(output.account)
        this.#outputs.push(output)
        break
      case 'commit':
        this.#commit(undefined, output)
        break
      case 'trace':
        this.#outputs.push(output)
        break
    }
  }

  #fromSettlement(stack: Stack, output: SettlementOutput<unknown>, now: Instant): void {
    switch (output.kind) {
      case 'request': {
        const { id, body, deadline } = output
        const protocol = stack.settlement?.protocol ?? ''
        this.#toLink(stack.id, { kind: 'request', id: id * 2 + 1, protocol, body, deadline }, now)
        break
      }
      case 'reply':
      case 'refuse':
        this.#toLink(stack.id, output, now)
        break
      case 'ledger':
        this.#outputs.push({ kind: 'ledger', account: stack.id, action: output.action })
        break
      case 'received':
      case 'sent':
        this.connector.handle({ ...output, account: stack.id }, now)
        break
      case 'commit':
        this.#commit(stack, output)
        break
      case 'trace': {
        const fields = { account: stack.id, ...output.fields }
        this.#outputs.push({ kind: 'trace', event: output.event, fields })
        break
      }
    }
  }

  #commit(owner: Stack | undefined, commit: CommitOutput): void {
    this.#commits.set(++this.#lastCommit, { owner, id: commit.id })
    this.#outputs.push(new NodeCommit(this.#lastCommit, commit))
  }

  #handleCommitted(nodeId: number, now: Instant): void {
    const commit = this.#commits.take(nodeId)
    assert(commit !== undefined, 'only what was asked for is committed')
    const input: CommittedInput = { kind: 'committed', id: commit.id }
    if (commit.owner === undefined) this.connector.handle(input, now)
    else this.#toSettlement(commit.owner.id, input, now)
  }

  #handleTimeout(now: Instant): void {
    this.connector.handle(TIMEOUT, now)
    if (this.#timeoutFrom === undefined || now < this.#timeoutFrom) return
    this.#timeoutFrom = undefined
    for (const stack of this.#stacks.values()) {
      for (const machine of [stack.link, stack.settlement]) {
        if (machine === undefined) continue
        const due = machine.nextTimeout()
        if (due !== undefined && due <= now) machine.handle(TIMEOUT, now)
        this.#wake(stack, machine.nextTimeout())
      }
    }
  }
}

function earliest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
