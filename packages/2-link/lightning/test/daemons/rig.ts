/** Nodes that are run by daemons: a stand-in that answers as they do, a real node behind it, and ours that asks it. */
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import type { Journal } from '@hourglass/journal'
import type { LightningNode, NodeEvent } from '@hourglass/lightning'
import { type ClnOptions, type LndOptions, openClnNode, openLndNode } from '@hourglass/lightning/io'
import { type Party, type Peer, type Rig, timesAvailable } from '../rig.ts'
import { OWN } from './certificates.ts'
import { ClnServer, RUNE } from './cln-server.ts'
import { LndServer, MACAROON } from './lnd-server.ts'
import type { DaemonServer } from './server.ts'

export type DaemonKind = 'LND' | 'Core Lightning'

export interface DaemonParty extends Peer {
  readonly server: DaemonServer
  readonly journal: Journal
  /** The real node. */
  readonly behind: Party
}

export async function openDaemon(rig: Rig, name: string, kind: DaemonKind): Promise<DaemonParty> {
  const behind = await rig.open(name)
  const { server } = kind === 'LND' ? new LndServer(behind.node) : new ClnServer(behind.node)
  await server.start()
  rig.atEnd(() => server.stop())
  const journal = await openSqliteJournal({ file: rig.file(`${name}.daemon`), durability: 'process' })
  rig.atEnd(async () => journal.close())
  const node = await openNode(kind, { url: server.url, journal })
  rig.atEnd(() => node.close())
  const events: NodeEvent[] = []
  node.listen((event) => events.push(event))
  return { node, events, server, journal, behind }
}

export function openNode(
  kind: DaemonKind,
  options: Pick<LndOptions, 'url' | 'journal'> & Partial<LndOptions & ClnOptions>,
): Promise<LightningNode> {
  const all = { network: 'regtest', tlsCertificate: OWN.cert, ...options } as const
  return kind === 'LND' ? openLndNode({ macaroon: MACAROON, ...all }) : openClnNode({ rune: RUNE, ...all })
}

/** The daemon dies, and another one goes on; resolves once our node has told that. */
export async function restart(rig: Rig, { events, server, behind }: DaemonParty): Promise<void> {
  const before = timesAvailable(events)
  await server.stop()
  await rig.kill(behind)
  await server.start()
  await rig.until(() => timesAvailable(events) > before)
}
