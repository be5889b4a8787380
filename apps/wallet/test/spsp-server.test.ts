import { toAddress } from '@hourglass/ilp'
import { decodePointer } from '@hourglass/spsp'
import { afterEach, describe, expect, it } from 'vitest'
import { type SpspServer, serveSpsp } from '../src/spsp-server.ts'

const HOST = '127.0.0.1'

let server: SpspServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

/** Serves the pointer; asks for the paths one after another. */
async function serve(
  pointer: string,
  ...paths: readonly string[]
): Promise<readonly { status: number; body: unknown }[]> {
  const open = (): { destinationAccount: ReturnType<typeof toAddress>; sharedSecret: Uint8Array } => ({
    destinationAccount: toAddress('test.bob.1'),
    sharedSecret: new Uint8Array(32),
  })
  server = await serveSpsp({ host: HOST, port: 0, pointer: decodePointer(pointer), open })
  const answers: { status: number; body: unknown }[] = []
  for (const path of paths) {
    const response = await fetch(`http://${HOST}:${server.port}${path}`)
    answers.push({ status: response.status, body: await response.json() })
  }
  return answers
}

describe('a server for one payment pointer', () => {
  it('PP-27: answers at /.well-known/pay for the bare host', async () => {
    const [wellKnown, other] = await serve('$bob.example', '/.well-known/pay', '/bob')
    expect(wellKnown).toMatchObject({ status: 200, body: { destination_account: 'test.bob.1' } })
    expect(other?.status).toBe(404)
  })

  it('SPSP-29: tells no more than where to pay, or that nobody is paid there', async () => {
    const [tips, bob, wellKnown] = await serve('$bob.example/tips', '/tips', '/bob', '/.well-known/pay')
    expect(Object.keys(tips!.body as object).toSorted()).toEqual(['destination_account', 'shared_secret'])
    expect(bob).toMatchObject({ status: 404, body: { id: 'InvalidReceiverError' } })
    expect(Object.keys(bob!.body as object).toSorted()).toEqual(['id', 'message'])
    expect(wellKnown).toEqual(bob)
  })
})
