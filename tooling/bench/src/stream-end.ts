/**
 * The payer or the receiver of a bench over BTP, a process of its own. Tooling.
 *
 * Arguments: subject, role, a `StreamEnd` as JSON.
 */
import type { Address } from '@hourglass/ilp'
import { PACKET_AMOUNT } from './load.ts'
import { moduleUrl } from './modules.ts'
import { whenListening } from './raw-end.ts'
import type { StreamBtpSubject, StreamEnd, StreamPayer, StreamReceiver } from './stream-ends.ts'

/** As they travel between processes; the secret in hexadecimal digits. */
export interface SpelledCredentials {
  readonly destination: string
  readonly sharedSecret: string
}

/** Asks the receiver; it answers with so many `SpelledCredentials`. */
export interface CredentialsRequest {
  readonly credentials: number
}

/** Asks the payer; it answers with how long all payments took, in milliseconds. */
export interface PayRequest {
  /** One for each payment. */
  readonly to: readonly SpelledCredentials[]
  /** In each payment. */
  readonly packets: number
  readonly isAtOnce: boolean
}

process.on('disconnect', () => process.exit())
const [name = '', role = '', text = ''] = process.argv.slice(2)
const { subject } = (await import(moduleUrl(`subjects/stream-btp/${name}`).href)) as {
  subject: StreamBtpSubject
}
const end = JSON.parse(text) as StreamEnd
await whenListening(end.port)
if (role === 'receiver') serveCredentials(await subject.receive(end))
else servePayments(await subject.pay(end))
process.send?.('ready')

function serveCredentials(receiver: StreamReceiver): void {
  process.on('message', (message: object) => {
    if (!('credentials' in message)) return
    const { credentials: count } = message as CredentialsRequest
    const answer = Array.from({ length: count }, (): SpelledCredentials => {
      const { destination, sharedSecret } = receiver.credentials()
      return { destination, sharedSecret: Buffer.from(sharedSecret).toString('hex') }
    })
    process.send?.(answer)
  })
}

function servePayments(payer: StreamPayer): void {
  process.on('message', (message: object) => {
    if ('to' in message) void run(payer, message as PayRequest).then((wallMs) => process.send?.(wallMs))
  })
}

async function run(payer: StreamPayer, { to, packets, isAtOnce }: PayRequest): Promise<number> {
  const payments = to.map(({ destination, sharedSecret }) => async () => {
    const credentials = {
      destination: destination as Address,
      sharedSecret: Buffer.from(sharedSecret, 'hex'),
    }
    await payer.pay(credentials, BigInt(packets) * PACKET_AMOUNT)
  })
  const begin = performance.now()
  if (isAtOnce) await Promise.all(payments.map((pay) => pay()))
  else for (const pay of payments) await pay()
  return performance.now() - begin
}
