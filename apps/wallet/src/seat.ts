/**
 * Who holds the link: a connector keeps one link for each account and drops the older one, with whatever is under
 * way on it. So of all programs of one wallet the first one takes the seat, and the others go through its relay.
 *
 *   lock free ──▶ holder: link to the connector, relay on this machine, written into a file beside the lock
 *   lock taken ─▶ guest: link to the relay that the file names
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { WalletConfig } from './config.ts'
import { ConnectorLink, type ConnectorLinkOptions } from './connector-link.ts'
import { WalletError } from './failure.ts'
import { tryLock } from './file-lock.ts'
import { Relay } from './relay.ts'
import { accountName } from './state.ts'

export interface Seat {
  readonly link: ConnectorLink
  /** Whether the connector's requests come here. */
  readonly isHolder: boolean
  /** A holder waits until its guests have finished. */
  close(): Promise<void>
}

type LinkEvents = Pick<ConnectorLinkOptions, 'receive' | 'report'>

/** Guests try for so long while the holder starts or ends. */
const PATIENCE_MS = 10_000
const RETRY_MS = 50

/** @throws WalletError where the connector cannot be reached, or the holder does not make room */
export async function takeSeat(config: WalletConfig, events: LinkEvents): Promise<Seat> {
  const files = filesOf(config)
  for (let triedMs = 0; triedMs < PATIENCE_MS; triedMs += RETRY_MS) {
    const release = tryLock(files.lock)
    const seat =
      release === undefined ? await sitDown(files, events) : await hold(config, { files, release, events })
    if (seat !== undefined) return seat
    await sleep(RETRY_MS)
  }
  throw new WalletError('local', 'another hourglass command of this wallet is just ending: try again')
}

interface Files {
  readonly lock: string
  readonly relay: string
}

/** Named after the account, so that wallets may share a state directory. @throws WalletError `local` */
function filesOf(config: WalletConfig): Files {
  const { state } = config
  const name = accountName(config)
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = `cannot keep state in ${state}: ${code ?? message}; choose another place with HOURGLASS_STATE`
    throw new WalletError('local', why, { cause: error })
  }
  return { lock: join(state, `link-${name}.lock`), relay: join(state, `link-${name}.json`) }
}

async function hold(
  config: WalletConfig,
  { files, release, events }: { files: Files; release: () => void; events: LinkEvents },
): Promise<Seat> {
  // A holder that was killed has left its own.
  rmSync(files.relay, { force: true })
  const link = new ConnectorLink({ ...config, ...events })
  try {
    await link.whenUp()
    const relay = await Relay.open(link)
    writeFileSync(files.relay, JSON.stringify({ url: relay.url, token: relay.token }), { mode: 0o600 })
    return {
      link,
      isHolder: true,
      async close() {
        rmSync(files.relay, { force: true })
        await relay.close()
        await link.close()
        release()
      },
    }
  } catch (error) {
    await link.close()
    release()
    throw error
  }
}

/** Undefined: the holder's relay is not there yet, or not there any more. */
async function sitDown(files: Files, events: LinkEvents): Promise<Seat | undefined> {
  const relay = readRelay(files.relay)
  if (relay === undefined) return undefined
  const username = crypto.randomUUID()
  const link = new ConnectorLink({ ...relay, username, ...events })
  try {
    await link.whenUp()
    return { link, isHolder: false, close: async () => link.close() }
  } catch (error) {
    await link.close()
    if (error instanceof WalletError) return undefined
    throw error
  }
}

const relayFile = z.object({ url: z.string(), token: z.string() })

function readRelay(file: string): z.output<typeof relayFile> | undefined {
  try {
    return relayFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // Not there, or not yet whole.
    return undefined
  }
}
