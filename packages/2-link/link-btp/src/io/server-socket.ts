/** A client's socket at the server: a stranger's until authenticated, then an account's. Layer 2, io. */
import type { Duplex } from 'node:stream'
import { reasonOf } from '@hourglass/link/io'
import { TIMEOUT } from '@hourglass/sansio'
import { type Driver, drive, now } from '@hourglass/sansio/io'
import type { WebSocket } from 'ws'
import type { AuthClaim } from '../auth-frame.ts'
import type { BtpWireIn } from '../btp-link.ts'
import {
  type HandshakeInput,
  type HandshakeOutput,
  type HandshakeRefusal,
  ServerHandshake,
} from '../server-handshake.ts'
import { BatchedSocket } from './batched-socket.ts'
import { LinkError } from './link-error.ts'

/** What a client's socket asks of the server that it belongs to. */
export interface ServerSocketHost {
  authenticate(claim: AuthClaim): Promise<string | undefined>
  /** The socket is that account's from now on. */
  accepted(socket: ServerSocket, account: string): void
  receive(account: string, wire: BtpWireIn): void
  /** Once, and then nothing any more. */
  closed(socket: ServerSocket, error: LinkError): void
}

export class ServerSocket {
  /** Address and port of the other end, for people. */
  readonly remote: string
  readonly #host: ServerSocketHost
  readonly #socket: BatchedSocket
  readonly #handshake: Driver<HandshakeInput>
  #account: string | undefined

  constructor(
    { webSocket, stream, remote }: { webSocket: WebSocket; stream: Duplex; remote: string },
    host: ServerSocketHost,
    keepAliveMs: number | undefined,
  ) {
    this.remote = remote
    this.#host = host
    this.#handshake = drive(new ServerHandshake(now()), (output) => this.#perform(output))
    const events = {
      frame: (bytes: Uint8Array) => {
        if (this.#account === undefined) this.#handshake.push({ kind: 'frame', bytes })
        else host.receive(this.#account, { kind: 'frame', bytes })
      },
      congested: () => this.#toLink({ kind: 'congested' }),
      drained: () => this.#toLink({ kind: 'drained' }),
      closed: (error: LinkError) => {
        this.#handshake.stop()
        host.closed(this, error)
      },
    }
    this.#socket = new BatchedSocket(webSocket, stream, events, { role: 'server', keepAliveMs })
    // Arms the timer for a client that says nothing.
    this.#handshake.push(TIMEOUT)
  }

  /** Whose it is, once that is known. */
  get account(): string | undefined {
    return this.#account
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes)
  }

  close(error: LinkError): void {
    this.#socket.close(error)
  }

  #perform(output: HandshakeOutput): void {
    switch (output.kind) {
      case 'frame':
        this.send(output.bytes)
        break
      case 'authenticate':
        void this.#authenticate(output)
        break
      case 'accepted':
        this.#handshake.stop()
        this.#host.accepted(this, output.account)
        this.#account = output.account
        this.#toLink({ kind: 'opened' })
        for (const bytes of output.early) this.#toLink({ kind: 'frame', bytes })
        break
      case 'refused':
        this.close(new LinkError(output.reason, REFUSALS[output.reason]))
        break
    }
  }

  async #authenticate(claim: AuthClaim): Promise<void> {
    try {
      this.#handshake.push({ kind: 'decided', account: await this.#host.authenticate(claim) })
    } catch (error) {
      const message = `cannot be authenticated: ${reasonOf(error)}`
      this.close(new LinkError('authentication-failed', message, { cause: error }))
    }
  }

  #toLink(wire: BtpWireIn): void {
    if (this.#account !== undefined) this.#host.receive(this.#account, wire)
  }
}

const REFUSALS: Readonly<Record<HandshakeRefusal, string>> = {
  'token-refused': 'has no account with that user name and token',
  'no-answer': 'was not authenticated in time',
  'not-btp': 'did not begin with a BTP authentication',
  'too-early': 'sent too much before it was authenticated',
}
