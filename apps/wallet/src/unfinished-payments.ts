/**
 * Payments that are under way, or were when their process ended: one file each, so that another command goes on with
 * them. The file is durable before a packet leaves, and gone once all is paid; one process at a time has it.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type PaymentState, decodePaymentState, encodePaymentState } from '@hourglass/pay'
import { z } from 'zod'
import type { WalletConfig } from './config.ts'
import { WalletError } from './failure.ts'
import { tryLock } from './file-lock.ts'
import { accountName } from './state.ts'

/** Whom it is for, as the payer said it. */
export interface PaymentTarget {
  /** A payment pointer or its URL. */
  readonly target: string
  /** Host → origin. */
  readonly resolve: ReadonlyMap<string, string>
}

export interface UnfinishedPayment extends PaymentTarget {
  readonly id: string
  readonly state: PaymentState
}

const fileFormat = z.object({
  target: z.string(),
  resolve: z.array(z.tuple([z.string(), z.string()])),
  state: z.string().transform(decodePaymentState),
})

export class UnfinishedPayments {
  readonly #directory: string

  /** @throws WalletError `local` */
  constructor(config: WalletConfig) {
    const directory = join(config.state, `payments-${accountName(config)}`)
    this.#directory = directory
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
    } catch (error) {
      const why = `cannot keep state in ${directory}: ${(error as Error).message}; choose another with HOURGLASS_STATE`
      throw new WalletError('local', why, { cause: error })
    }
  }

  /** Those that a process left, or is at. */
  list(): UnfinishedPayment[] {
    return readdirSync(this.#directory)
      .flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []))
      .flatMap((id) => this.#read(id) ?? [])
  }

  /** Room for a new one; nothing is written yet. */
  create(target: PaymentTarget): PaymentFile {
    const id = randomBytes(ID_BYTES).toString('hex')
    return new PaymentFile(this.#fileOf(id), { id, ...target }, this.#lock(id))
  }

  /** One that nobody else is at. @throws WalletError `local` where there is none, or another process has it */
  take(id: string): { readonly payment: UnfinishedPayment; readonly file: PaymentFile } {
    if (!ID.test(id)) throw new WalletError('local', `${id} is no unfinished payment: see hourglass resume`)
    const release = this.#lock(id)
    const payment = this.#read(id)
    if (payment !== undefined) {
      return { payment, file: new PaymentFile(this.#fileOf(id), payment, release) }
    }
    release()
    rmSync(this.#lockOf(id))
    throw new WalletError('local', `there is no unfinished payment ${id}: see hourglass resume`)
  }

  /** Undefined where it is not there, or not readable. */
  #read(id: string): UnfinishedPayment | undefined {
    try {
      const { target, resolve, state } = fileFormat.parse(JSON.parse(readFileSync(this.#fileOf(id), 'utf8')))
      return { id, target, resolve: new Map(resolve), state }
    } catch {
      return undefined
    }
  }

  #lock(id: string): () => void {
    const release = tryLock(this.#lockOf(id))
    if (release !== undefined) return release
    throw new WalletError('local', `another hourglass command is at payment ${id}: stop it first`)
  }

  #fileOf(id: string): string {
    return join(this.#directory, `${id}.json`)
  }

  #lockOf(id: string): string {
    return join(this.#directory, `${id}.lock`)
  }
}

/** The file of one payment, while this process is at it. */
export class PaymentFile {
  readonly #file: string
  readonly #payment: PaymentTarget & { readonly id: string }
  readonly #release: () => void

  constructor(file: string, payment: PaymentTarget & { readonly id: string }, release: () => void) {
    this.#file = file
    this.#payment = payment
    this.#release = release
  }

  get id(): string {
    return this.#payment.id
  }

  /** Resolves when it is durable, in place of what was there. */
  async save(state: PaymentState): Promise<void> {
    const { target, resolve } = this.#payment
    const draft = `${this.#file}.new`
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(
        JSON.stringify({ target, resolve: [...resolve], state: encodePaymentState(state) }),
      )
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, this.#file)
  }

  /** There is nothing to go on with. */
  remove(): void {
    rmSync(this.#file, { force: true })
  }

  /** Lets others have it. */
  close(): void {
    this.#release()
    if (!existsSync(this.#file)) rmSync(this.#file.replace(/json$/, 'lock'), { force: true })
  }
}

const ID_BYTES = 4
const ID = /^[0-9a-f]{8}$/
