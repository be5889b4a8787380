/** Two nodes on real sockets, each with a port and a link to the other. */
import {
  HttpLink,
  type HttpLinkOptions,
  type HttpWireIn,
  type HttpWireOut,
  Tokens,
} from '@hourglass/link-http'
import {
  type HttpClient,
  type HttpError,
  type HttpServer,
  type ListenHttpOptions,
  connectHttp,
  decodePeerUrl,
  listenHttp,
} from '@hourglass/link-http/io'
import { type LinkInput, type LinkOutput, digestToken } from '@hourglass/link'
import { type Driver, drive, nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'

export const HOST = '127.0.0.1'
export type Output = Exclude<LinkOutput<HttpWireOut>, { kind: 'wire' }>

/** One node: who posts to it says `<name>-token`, and so does it. */
export class HttpNode {
  readonly outputs: Output[] = []
  readonly errors: HttpError[] = []
  readonly server: HttpServer
  #client: HttpClient | undefined
  #driver: Driver<LinkInput<HttpWireIn>> | undefined
  #waiting: (() => void)[] = []

  private constructor(server: HttpServer) {
    this.server = server
  }

  static async listen(options: Partial<ListenHttpOptions> = {}): Promise<HttpNode> {
    const tokens = new Tokens(nodeCrypto, [
      { account: 'peer', tokenDigests: ['secret', 'next'].map((token) => digestToken(nodeCrypto, token)) },
    ])
    const node: HttpNode = new HttpNode(
      await listenHttp({
        host: HOST,
        port: 0,
        authenticate: (token) => tokens.find(token),
        receive: (_account, wire) => node.#driver?.push({ kind: 'wire', wire }),
        report: (error) => node.#tell(() => node.errors.push(error)),
        ...options,
      }),
    )
    return node
  }

  /** Makes the link to a peer at `url`. */
  peerWith(
    url: string,
    options: Partial<HttpLinkOptions & { token: string; http2: boolean; ca: string }> = {},
  ): void {
    const peer = decodePeerUrl(url)
    const { token = 'secret', http2 = false, ca, ...more } = options
    const link = new HttpLink({ rng: nodeRng, peerOrigin: peer.origin, mode: 'sync', ...more })
    this.#driver = drive(link, (output) => this.#perform(output))
    this.#client = connectHttp({
      url: peer,
      token,
      http2,
      ...(ca !== undefined && { ca }),
      receive: (wire) => this.#driver?.push({ kind: 'wire', wire }),
      report: (error) => this.#tell(() => this.errors.push(error)),
    })
  }

  request(id: number, body: Uint8Array, protocol = 'ilp', timeoutMs = 30_000): void {
    this.#driver!.push({ kind: 'request', id, protocol, body, deadline: now() + timeoutMs })
  }

  reply(id: number, body: Uint8Array): void {
    this.#driver!.push({ kind: 'reply', id, body })
  }

  /** The oldest output of that kind that nobody has taken; waits for it. */
  async take<K extends Output['kind']>(kind: K): Promise<Extract<Output, { kind: K }>> {
    for (;;) {
      const index = this.outputs.findIndex((output) => output.kind === kind)
      if (index >= 0) return this.outputs.splice(index, 1)[0] as Extract<Output, { kind: K }>
      await this.#change()
    }
  }

  async error(): Promise<HttpError> {
    while (this.errors.length === 0) await this.#change()
    return this.errors.shift()!
  }

  async close(): Promise<void> {
    this.#driver?.stop()
    await Promise.all([this.#client?.close(), this.server.close()])
  }

  #perform(output: LinkOutput<HttpWireOut>): void {
    if (output.kind !== 'wire') this.#tell(() => this.outputs.push(output))
    else if (output.wire.kind === 'respond') this.server.send(output.wire)
    else this.#client!.send(output.wire)
  }

  #tell(change: () => void): void {
    change()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
