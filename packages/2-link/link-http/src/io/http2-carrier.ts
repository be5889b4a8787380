/** POSTs over HTTP/2: one connection, many requests at a time. Layer 2, io. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  sensitiveHeaders,
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Carrier, Post } from './carrier.ts'
import { readBody } from './read-body.ts'

export class Http2Carrier implements Carrier {
  readonly #session: ClientHttp2Session
  #isConnected = false
  /** Why the connection ended. */
  #error: Error | undefined

  /** `socket`: a connection on which TLS has chosen HTTP/2; else a plain one is opened. `closed` is called once. */
  constructor(origin: string, socket: TLSSocket | undefined, closed: () => void) {
    this.#session = connect(origin, socket === undefined ? {} : { createConnection: () => socket })
    this.#session.on('connect', () => (this.#isConnected = true))
    this.#session.on('error', (error: Error) => {
      this.#error = error
    })
    // Where the peer takes no more requests on it, those under way still end.
    this.#session.on('goaway', () => closed())
    this.#session.on('close', () => closed())
    const ping = setInterval(() => this.#ping(), KEEP_ALIVE_MS).unref()
    this.#session.on('close', () => clearInterval(ping))
  }

  post({ path, headers, body, answered, failed }: Post): () => void {
    let stream: ClientHttp2Stream
    try {
      stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        ...headers,
        [sensitiveHeaders]: UNIQUE,
      })
    } catch (error) {
      // No more numbers for streams, or closed this very moment.
      this.#session.close()
      queueMicrotask(() => failed(error as Error, false))
      return () => undefined
    }
    let isOver = false
    let status = 0
    let fields: Parameters<Post['answered']>[1] = {}
    const end = (tell: () => void): void => {
      if (isOver) return
      isOver = true
      tell()
    }
    stream.on('response', (head) => {
      status = Number(head[':status'])
      fields = head
    })
    readBody(stream, (whole) => {
      if (whole === undefined) stream.close(constants.NGHTTP2_CANCEL)
      // One that was reset ends like one that is whole.
      if (status !== 0 && stream.rstCode === constants.NGHTTP2_NO_ERROR)
        end(() => answered(status, fields, whole))
    })
    stream.on('error', (error: Error) => end(() => failed(this.#error ?? error, this.#isSent(stream))))
    stream.on('close', () => {
      end(() => failed(this.#error ?? new Error('the peer ended the request'), this.#isSent(stream)))
    })
    stream.end(body)
    return () => {
      isOver = true
      stream.close(constants.NGHTTP2_CANCEL)
    }
  }

  async close(): Promise<void> {
    if (this.#session.destroyed) return
    const closed = new Promise((resolve) => this.#session.once('close', resolve))
    this.#session.destroy()
    await closed
  }

  /** RFC 9113 §8.7: a stream that is refused has not been looked at. */
  #isSent({ rstCode }: ClientHttp2Stream): boolean {
    return this.#isConnected && rstCode !== constants.NGHTTP2_REFUSED_STREAM
  }

  #ping(): void {
    const timer = setTimeout(
      () => this.#session.destroy(new Error('the peer answers no pings')),
      KEEP_ALIVE_MS,
    )
    const isSent = !this.#session.destroyed && this.#session.ping(() => clearTimeout(timer))
    if (!isSent) clearTimeout(timer)
  }
}

/** Never the same twice: in the table of known headers (RFC 7541 §2.3.2) it would drive out all that is. */
const UNIQUE = ['request-id']
/** How often a connection is tried, which also keeps it open. */
const KEEP_ALIVE_MS = 20_000
