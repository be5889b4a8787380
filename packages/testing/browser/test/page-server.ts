/** Serves the page, and hears from it. */
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Orders, PageNews } from './page/orders.ts'

type Kind = PageNews['kind']

export class PageServer {
  readonly #server: Server
  readonly #code: string
  readonly #news: PageNews[] = []
  #wake: () => void = () => undefined
  orders: Orders | undefined

  private constructor(code: string) {
    this.#code = code
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  static async start(code: string): Promise<PageServer> {
    const server = new PageServer(code)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What the page says first for which `fits` holds. @throws where it is in trouble */
  async hear<K extends Kind>(
    kind: K,
    fits: (news: Extract<PageNews, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<PageNews, { kind: K }>> {
    for (;;) {
      for (const news of this.#news) {
        if (news.kind === 'trouble') throw new Error(news.message)
        if (news.kind === kind && fits(news as Extract<PageNews, { kind: K }>)) {
          return news as Extract<PageNews, { kind: K }>
        }
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (request.url) {
      case '/':
        response.setHeader('content-type', 'text/html').end('<script type="module" src="/page.js"></script>')
        break
      case '/page.js':
        response.setHeader('content-type', 'text/javascript').end(this.#code)
        break
      case '/orders':
        response.end(JSON.stringify(this.orders))
        break
      case '/news':
        this.#news.push(JSON.parse(await text(request)) as PageNews)
        response.end()
        this.#wake()
        break
      default:
        response.writeHead(404).end()
    }
  }
}
