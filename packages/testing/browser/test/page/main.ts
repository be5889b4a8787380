/** The page: pays whom it is told to, then takes money, and reports each to the server that it came from. */
import { decodeHex, encodeHex } from '@hourglass/oer'
import type { Orders, PageNews } from './orders.ts'
import { PageWallet } from './page-wallet.ts'

async function tell(news: PageNews): Promise<void> {
  await fetch('/news', { method: 'POST', body: JSON.stringify(news) })
}

async function run(): Promise<void> {
  const { seat, payee, send } = (await (await fetch('/orders')).json()) as Orders
  const wallet = new PageWallet(seat, (error) => void tell({ kind: 'trouble', message: error.message }))
  const identity = await wallet.identity()
  const sharedSecret = decodeHex(payee.sharedSecretHex)!
  const minimumRate = { numerator: 1n, denominator: 1n }
  const report = await wallet.pay({ destination: payee.destination, sharedSecret }, BigInt(send), minimumRate)
  const { outcome, sent, delivered } = report
  await tell({ kind: 'paid', outcome, sent: String(sent), delivered: String(delivered) })
  const own = wallet.receive(identity, (total) => void tell({ kind: 'received', total: String(total) }))
  const sharedSecretHex = encodeHex(own.sharedSecret)
  await tell({ kind: 'receiving', payee: { destination: own.destination, sharedSecretHex } })
}

run().catch((error: unknown) => void tell({ kind: 'trouble', message: String(error) }))
