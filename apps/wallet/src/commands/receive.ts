/** `hourglass receive`: serves a payment pointer and tells what comes in, until stopped. */
import { once } from 'node:events'
import { type PaymentPointer, decodePointer, encodePointer, pointerUrl } from '@hourglass/spsp'
import { targetUrl } from '@hourglass/spsp/io'
import { formatMoney } from '../amount.ts'
import { loadConfig } from '../config.ts'
import { CommandError, ExitCode } from '../failure.ts'
import { type IncomingPayment, IncomingPayments } from '../incoming-payments.ts'
import { receivePayments } from '../receive.ts'
import type { Terminal } from '../terminal.ts'
import { type Wallet, openWallet } from '../wallet.ts'

export interface ReceiveOptions {
  readonly config?: string
  readonly pointer: string
  readonly host: string
  readonly port: string
  readonly json?: true
}

export async function runReceive(options: ReceiveOptions, terminal: Terminal): Promise<number> {
  const pointer = readPointer(options.pointer)
  const port = readPort(options.port)
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  const config = loadConfig(options.config, process.env)
  const wallet = await openWallet(config, (message) => terminal.note(message))
  try {
    const voice = options.json === true ? new JsonVoice(wallet, terminal) : new PlainVoice(wallet, terminal)
    const payments = new IncomingPayments((payment) => voice.payment(payment))
    const { host } = options
    const receiver = await receivePayments(wallet, {
      host,
      port,
      pointer,
      report: (event) => payments.take(event),
    })
    voice.start(pointer, `http://${host.includes(':') ? `[${host}]` : host}:${receiver.port}`)
    await stopped
    await receiver.close()
    payments.close()
    voice.end(payments)
    return ExitCode.Done
  } finally {
    await wallet.close()
  }
}

function readPointer(text: string): PaymentPointer {
  targetUrl(text)
  if (text.startsWith('$')) return decodePointer(text)
  throw new CommandError(`--pointer ${text}: write it as $host/path, such as $me.example`)
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port <= 65_535) return port
  throw new CommandError(`--port ${text} is no port: write a number from 0 to 65535`)
}

/** How the command speaks. */
interface Voice {
  start(pointer: PaymentPointer, origin: string): void
  payment(payment: IncomingPayment): void
  end(payments: IncomingPayments): void
}

/** To people. */
class PlainVoice implements Voice {
  readonly #wallet: Wallet
  readonly #terminal: Terminal

  constructor(wallet: Wallet, terminal: Terminal) {
    this.#wallet = wallet
    this.#terminal = terminal
  }

  start(pointer: PaymentPointer, origin: string): void {
    const { address, asset } = this.#wallet
    const terminal = this.#terminal
    const name = encodePointer(pointer)
    terminal.field('Receiving', `${terminal.style('bold', name)} in ${asset.code}`)
    terminal.field('Address', address)
    terminal.field('Serving', `${origin}${new URL(pointerUrl(pointer)).pathname}`)
    terminal.field('Try', `hourglass pay '${name}' --amount 1 --resolve ${pointer.host}=${origin}`)
    terminal.line('Ctrl-C stops. The balance is kept by the connector: see hourglass balance.')
    terminal.line()
  }

  payment({ amount }: IncomingPayment): void {
    const time = new Date().toTimeString().slice(0, 'hh:mm:ss'.length)
    const money = formatMoney(amount, this.#wallet.asset)
    this.#terminal.field(time, this.#terminal.style('green', `+ ${money}`))
  }

  end({ total, count }: IncomingPayments): void {
    const payments = `${count} ${count === 1 ? 'payment' : 'payments'}`
    this.#terminal.field('Received', `${formatMoney(total, this.#wallet.asset)} in ${payments}`)
  }
}

/** To programs: one object a line. */
class JsonVoice implements Voice {
  readonly #terminal: Terminal
  readonly #asset: { readonly assetCode: string; readonly assetScale: number }
  readonly #address: string

  constructor({ address, asset }: Wallet, terminal: Terminal) {
    this.#terminal = terminal
    this.#address = address
    this.#asset = { assetCode: asset.code, assetScale: asset.scale }
  }

  start(pointer: PaymentPointer, origin: string): void {
    const fields = { pointer: encodePointer(pointer), origin, address: this.#address }
    this.#say({ kind: 'receiving', ...fields, ...this.#asset })
  }

  payment({ connection, amount }: IncomingPayment): void {
    this.#say({ kind: 'payment', connection, amount: String(amount), ...this.#asset })
  }

  end({ total, count }: IncomingPayments): void {
    this.#say({ kind: 'stopped', amount: String(total), payments: count, ...this.#asset })
  }

  #say(fields: object): void {
    this.#terminal.line(JSON.stringify(fields))
  }
}
