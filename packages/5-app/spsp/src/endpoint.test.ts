import { toAddress } from '@hourglass/ilp'
import { describe, expect, it } from 'vitest'
import { SPSP_ACCEPT, type SpspAsker, type SpspReceiver, answerSpsp } from './endpoint.ts'
import { decodeSpspDetails } from './response.ts'

/** Pays out a new secret at each question and notes who asked. */
function receiverOf(options: { receiver?: Partial<SpspReceiver>; askers?: SpspAsker[] } = {}): SpspReceiver {
  let count = 0
  return {
    open(asker) {
      options.askers?.push(asker)
      count += 1
      return {
        destinationAccount: toAddress(`g.alice.${count}`),
        sharedSecret: new Uint8Array(32).fill(count),
      }
    },
    ...options.receiver,
  }
}

function get(headers: Record<string, string> = { accept: SPSP_ACCEPT }, receiver = receiverOf()): Answer {
  return read(answerSpsp({ method: 'GET', headers }, receiver))
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly id?: string
}

function read({ status, headers, body }: ReturnType<typeof answerSpsp>): Answer {
  const { id } = JSON.parse(Buffer.from(body).toString() || '{}') as { id?: string }
  return { status, headers, ...(id !== undefined && { id }) }
}

describe('an SPSP endpoint', () => {
  it('SPSP-02, SPSP-11, SPSP-13, SPSP-16: answers 200 spsp4+json that nobody may keep and any page may read', () => {
    const { status, headers } = get()
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'application/spsp4+json',
      'cache-control': 'no-cache, private',
      'access-control-allow-origin': '*',
    })
  })

  it('SPSP-08: gives each question an address and a secret of its own', () => {
    const receiver = receiverOf()
    const [a, b] = [1, 2].map(() =>
      decodeSpspDetails(answerSpsp({ method: 'GET', headers: {} }, receiver).body),
    )
    expect(a?.destinationAccount).not.toBe(b?.destinationAccount)
    expect(a?.sharedSecret).not.toEqual(b?.sharedSecret)
  })

  it.each([
    [undefined, 200],
    ['', 200],
    ['*/*', 200],
    ['application/*', 200],
    ['application/spsp4+json', 200],
    ['application/spsp+json', 200],
    [SPSP_ACCEPT, 200],
    ['application/json, application/spsp4+json', 200],
    ['Application/SPSP4+JSON;q=0.5', 200],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 200],
    ['application/json', 406],
    ['text/html', 406],
    ['application/spsp4+json;q=0', 406],
    ['application/spsp4+json; q=0.000, text/html', 406],
  ])('SPSP-03, PP-20: to Accept %s it answers %i', (accept, status) => {
    expect(get(accept === undefined ? {} : { accept }).status).toBe(status)
  })

  it('SPSP-14: answers 404 InvalidReceiverError where nobody is paid', () => {
    const answer = get({}, receiverOf({ receiver: { open: () => undefined } }))
    expect(answer).toMatchObject({ status: 404, id: 'InvalidReceiverError' })
    expect(answer.headers['cache-control']).toContain('no-cache')
  })

  it('SPSP-17: answers OPTIONS without opening anything', () => {
    const askers: SpspAsker[] = []
    const answer = answerSpsp({ method: 'OPTIONS', headers: {} }, receiverOf({ askers }))
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'web-monetization-id',
    })
    expect(askers).toEqual([])
  })

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'BREW'])(
    'SPSP-32: answers %s with 405 and opens nothing',
    (method) => {
      const askers: SpspAsker[] = []
      const answer = answerSpsp({ method, headers: {} }, receiverOf({ askers }))
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, OPTIONS' } })
      expect(askers).toEqual([])
    },
  )

  it('SPSP-30: answers 429 to whoever asks too often, and opens nothing', () => {
    const askers: SpspAsker[] = []
    const receiver = receiverOf({ askers, receiver: { mayAsk: () => false } })
    const answer = get({}, receiver)
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    expect(askers).toEqual([])
  })

  it('SPSP-25: hands on a Web-Monetization-Id that is a UUID v4, and drops what is none', () => {
    const askers: SpspAsker[] = []
    const receiver = receiverOf({ askers })
    get({ 'web-monetization-id': 'DCD479AD-7D8D-4210-956A-13C14B8C67EB' }, receiver)
    get({ 'web-monetization-id': '../../etc/passwd' }, receiver)
    expect(askers).toEqual([{ webMonetizationId: 'dcd479ad-7d8d-4210-956a-13c14b8c67eb' }, {}])
  })

  const nonce = Buffer.alloc(16, 1).toString('base64')
  const secret = Buffer.alloc(32, 2).toString('base64')

  it('SPSP-21: hands on receipt headers of the right sizes', () => {
    const askers: SpspAsker[] = []
    expect(get({ 'receipt-nonce': nonce, 'receipt-secret': secret }, receiverOf({ askers })).status).toBe(200)
    expect(askers[0]?.receipt?.nonce).toHaveLength(16)
    expect(askers[0]?.receipt?.secret).toHaveLength(32)
  })

  it.each([
    [{ 'receipt-nonce': nonce }],
    [{ 'receipt-secret': secret }],
    [{ 'receipt-nonce': secret, 'receipt-secret': secret }],
    [{ 'receipt-nonce': nonce, 'receipt-secret': nonce }],
    [{ 'receipt-nonce': nonce, 'receipt-secret': '***' }],
  ])('SPSP-21: answers 400 to the receipt headers %o', (headers: Record<string, string>) => {
    expect(get(headers).status).toBe(400)
  })
})
