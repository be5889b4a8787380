/**
 * What a daemon remembers for ever: payments by hash, and invoices, also of those who have paid by keysend. Behind it
 * is a real node; where that is away for a while, what is under way goes on when it is there again.
 */
import { EventEmitter, once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { CustomRecord, LightningNode, NodeEvent, PaymentEnd } from '@hourglass/lightning'
import { LightningError } from '@hourglass/lightning/io'

const RETRY_MS = 50

export interface PaymentRow {
  readonly hash: string
  readonly amountMsat: bigint
  readonly createdAt: number
  /** Undefined: under way. */
  end: PaymentEnd | undefined
}

export interface InvoiceRow {
  readonly addIndex: number
  readonly hash: string
  readonly invoice: string
  readonly description: string
  readonly amountMsat: bigint
  readonly isHold: boolean
  readonly isKeysend: boolean
  state: 'OPEN' | 'ACCEPTED' | 'SETTLED' | 'CANCELED'
  paidMsat: bigint
  settleIndex: number
  records: readonly CustomRecord[]
}

export class DaemonState {
  readonly node: LightningNode
  readonly payments = new Map<string, PaymentRow>()
  readonly invoices: InvoiceRow[] = []
  readonly #changes = new EventEmitter().setMaxListeners(0)
  readonly #connected = new Set<string>()
  #settled = 0

  constructor(node: LightningNode) {
    this.node = node
    node.listen((event) => this.#hear(event))
  }

  /** Until something changes: it is looked at again. */
  async change(): Promise<void> {
    await Promise.race([once(this.#changes, 'change'), wait(RETRY_MS)])
  }

  changed(): void {
    this.#changes.emit('change')
  }

  invoice(hash: string): InvoiceRow | undefined {
    return this.invoices.find((each) => each.hash === hash)
  }

  settledInvoices(): InvoiceRow[] {
    return this.invoices
      .filter(({ state }) => state === 'SETTLED')
      .sort((a, b) => a.settleIndex - b.settleIndex)
  }

  addInvoice(
    row: Pick<InvoiceRow, 'hash' | 'invoice' | 'description' | 'amountMsat' | 'isHold'>,
  ): InvoiceRow {
    const open = { state: 'OPEN', paidMsat: 0n, settleIndex: 0, records: [] } as const
    return this.#add({ ...row, ...open, isKeysend: false })
  }

  /** Begins a payment, and notes how it ends. */
  begin(
    { hash, amountMsat, key = hash }: Pick<PaymentRow, 'hash' | 'amountMsat'> & { readonly key?: string },
    pay: () => Promise<PaymentEnd>,
  ): PaymentRow {
    const createdAt = Math.floor(Date.now() / 1000)
    const row: PaymentRow = { hash, amountMsat, createdAt, end: undefined }
    this.payments.set(key, row)
    void this.persist(pay).then((end) => {
      row.end = end
      this.changed()
    })
    return row
  }

  /** Again and again until the node behind it is there. */
  async persist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof LightningError) || error.code !== 'unavailable') throw error
      }
      await wait(RETRY_MS)
    }
  }

  connect(peer: Parameters<LightningNode['connect']>[0]): Promise<void> {
    return this.node.connect(peer).then(() => void this.#connected.add(peer.nodeId))
  }

  disconnected(peerId: string): void {
    this.#connected.delete(peerId)
  }

  async peers(): Promise<string[]> {
    const channels = await this.node.channels()
    const away = new Set(channels.filter(({ isClosing }) => !isClosing).map(({ peerId }) => peerId))
    const usable = channels.filter(({ isUsable }) => isUsable).map(({ peerId }) => peerId)
    return [...new Set([...usable, ...[...this.#connected].filter((peerId) => !away.has(peerId))])]
  }

  #hear(event: NodeEvent): void {
    if (event.kind === 'received') {
      const { hash, amountMsat, records } = event.receipt
      const name = Buffer.from(hash).toString('hex')
      const row = this.invoice(name) ?? this.#addKeysend(name)
      row.state = 'SETTLED'
      row.paidMsat = amountMsat
      row.records = records
      row.settleIndex = ++this.#settled
    }
    if (event.kind === 'held') {
      const row = this.invoice(Buffer.from(event.hash).toString('hex'))
      if (row === undefined) return
      row.state = 'ACCEPTED'
      row.paidMsat = event.amountMsat
    }
    this.changed()
  }

  #addKeysend(hash: string): InvoiceRow {
    const row = { hash, invoice: '', description: '', amountMsat: 0n, isHold: false, isKeysend: true }
    return this.#add({ ...row, state: 'OPEN', paidMsat: 0n, settleIndex: 0, records: [] })
  }

  #add(row: Omit<InvoiceRow, 'addIndex'>): InvoiceRow {
    const added = { ...row, addIndex: this.invoices.length + 1 }
    this.invoices.push(added)
    this.changed()
    return added
  }
}
