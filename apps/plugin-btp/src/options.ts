/** What the plugin is made with. Spec: IL-RFC 24 §new LedgerPlugin; the names are those of ilp-plugin-btp. */
import { type BtpUrl, LinkError, decodeBtpUrl } from '@hourglass/link-btp/io'
import { LpiError, type PluginServices } from '@hourglass/plugin/io'

/** Either `server` or `listener`. */
export interface BtpPluginOptions {
  /** The peer's `btp+ws://user:token@host:port`, to which it connects. */
  readonly server?: string
  /** Where user and token are not in the URL. */
  readonly btpAccount?: string
  readonly btpToken?: string
  /** Where the peer connects. Port 0: any free one. */
  readonly listener?: { readonly port: number; readonly host?: string; readonly secret: string }
  /** How long the peer has to answer a packet, in ms. */
  readonly responseTimeout?: number
}

/** The way to the peer, checked. */
export type Way =
  | ({ readonly kind: 'client' } & BtpUrl)
  | { readonly kind: 'server'; readonly host: string; readonly port: number; readonly secret: string }

/** @throws LpiError `InvalidFieldsError`, without a secret in it */
export function wayOf({ server, btpAccount = '', btpToken = '', listener }: BtpPluginOptions): Way {
  if ((server === undefined) === (listener === undefined)) throw invalid('give either server or listener')
  if (listener !== undefined) {
    const { port, secret, host = '127.0.0.1' } = listener
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid('listener.port must be a port')
    if (typeof secret !== 'string' || secret === '') throw invalid('listener.secret must be text')
    return { kind: 'server', host, port, secret }
  }
  const url = urlOf(server!)
  const isTwice = url.username + url.token !== '' && btpAccount + btpToken !== ''
  if (isTwice) throw invalid('user and token are given in the URL or beside it, not both')
  return { kind: 'client', ...url, username: url.username || btpAccount, token: url.token || btpToken }
}

/** @throws LpiError `InvalidServicesError` */
export function checkServices({ log }: PluginServices): void {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    if (log !== undefined && typeof log[level] !== 'function') {
      throw new LpiError('InvalidServicesError', `log.${level} must be a function`)
    }
  }
}

function urlOf(text: unknown): BtpUrl {
  try {
    return decodeBtpUrl(String(text))
  } catch (error) {
    if (!(error instanceof LinkError)) throw error
    throw invalid(error.message)
  }
}

function invalid(message: string): LpiError {
  return new LpiError('InvalidFieldsError', message)
}
