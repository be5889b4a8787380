/**
 * Puts one connector together: journal, ledgers, links, settlements, node, sockets. The composition root.
 * It decides nothing about money; each output of the node is carried out by exactly one part.
 */
import type { AddressInfo } from 'node:net'
import { Node, type NodeAccount, type NodeInput, type NodeOutput } from '@hourglass/connector'
import type { Journal, JournalHealth, StoredRecord } from '@hourglass/journal'
import { type Driver, drive } from '@hourglass/sansio/io'
import { type Operated, buildAdmin } from './admin.ts'
import type { Config } from './config.ts'
import { loadJournal } from './journal.ts'
import { type Wires, buildLink, openWires } from './links.ts'
import { type Logger, logHealth, logTrace, openLog } from './log.ts'
import { nodeOptions } from './node-options.ts'
import { openRateSources } from './rate-sources.ts'
import { type SettledLine, type Settler, openSettlers } from './settlers/index.ts'
import { type PluginAccounts, loadPlugins } from './plugins.ts'
import { StartError } from './start-error.ts'

export interface RunningConnector {
  readonly node: Node
  /** Port where peers connect; undefined where none is configured. */
  readonly port: number | undefined
  readonly adminPort: number | undefined
  stop(): Promise<void>
}

export interface StartOptions {
  readonly log?: Logger
  readonly observer?: Observer
  /** Instead of the one that the config names. */
  readonly journal?: Journal
}

/** Sees each step of the node at once, while it is taken: a test that ends the process there leaves it half done. */
export interface Observer {
  /** It has happened, such as a commit that is durable now, and the node has not heard of it. */
  input(input: NodeInput): void
  before(output: NodeOutput): void
  after(output: NodeOutput): void
}

/** @throws StartError | ConfigError */
export async function startConnector(config: Config, options: StartOptions = {}): Promise<RunningConnector> {
  const log = options.log ?? openLog(config.logLevel)
  /** What is heard before there is a node to hear it. */
  const early: NodeInput[] = [{ kind: 'timeout' }]
  let push = (input: NodeInput): void => void early.push(input)
  const report = (health: JournalHealth): void => {
    logHealth(log, health)
    push({ kind: 'store', isWorking: health.isWorking })
  }
  const { journal, records } = await loadJournal(config, report, options.journal)
  const say = (ledger: string, message: string): void => log.info({ ledger, message }, 'ledger.says')
  const plugins = await orClose(journal, loadPlugins(config, journal, records, log))
  const settlers = await orClose(journal, openSettlers(config, journal, say))
  const { stacks, lines } = buildStacks(config, { settlers, plugins }, records, (account, event) =>
    push({ kind: 'ledger', account, event }),
  )
  const node = new Node({ ...nodeOptions(config), stacks })
  node.restore(records)

  let wires: Wires | undefined
  const driver: Driver<NodeInput> = driveObserved(node, options.observer, (output) => {
    switch (output.kind) {
      case 'wire':
        wires?.send(output.account, output.wire)
        break
      case 'ledger':
        lines.get(output.account)?.perform(output.action)
        break
      case 'commit':
        journal.commit(output.records, () => driver.push({ kind: 'committed', id: output.id }))
        break
      case 'trace':
        logTrace(log, output)
        break
    }
  })
  push = (input) => driver.push(input)
  early.forEach(push)
  const rates = openRateSources(config.rateSources, push, log)

  const close = async (): Promise<void> => {
    rates.close()
    await wires?.close()
    driver.stop()
    for (const line of lines.values()) line.close()
    await Promise.all([...settlers.values()].map(async (settler) => settler.close()))
    await journal.close()
  }
  try {
    wires = await openWires(config, plugins, driver, log)
    const admin = await openAdmin(config, { node, settlers, lines, push: (order) => driver.push(order) })
    log.info({ address: config.address, port: wires.port, adminPort: admin?.port }, 'connector.started')
    return {
      node,
      port: wires.port,
      adminPort: admin?.port,
      async stop() {
        await admin?.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Without an observer nothing stands between node and shell. */
function driveObserved(
  node: Node,
  observer: Observer | undefined,
  perform: (output: NodeOutput) => void,
): Driver<NodeInput> {
  if (observer === undefined) return drive(node, perform)
  const driver = drive<NodeInput, NodeOutput>(node, (output) => {
    observer.before(output)
    perform(output)
    observer.after(output)
  })
  return {
    push(input) {
      observer.input(input)
      driver.push(input)
    },
    stop: () => driver.stop(),
  }
}

interface Stacks {
  readonly stacks: readonly NodeAccount[]
  /** Of each settled account. */
  readonly lines: ReadonlyMap<string, SettledLine>
}

/** A link for every account, and a settlement where one is configured, as the journal left it. */
function buildStacks(
  config: Config,
  { settlers, plugins }: { settlers: ReadonlyMap<string, Settler>; plugins: PluginAccounts },
  records: readonly StoredRecord[],
  hear: (account: string, event: unknown) => void,
): Stacks {
  const lines = new Map<string, SettledLine>()
  const stacks = config.accounts.map((account): NodeAccount => {
    const { id, asset, settlement: terms } = account
    const link = buildLink(account)
    if (terms === undefined) return { id, link }
    const hearIt = (event: unknown): void => hear(id, event)
    const line =
      terms.kind === 'plugin'
        ? plugins.get(id)!.settle(records, hearIt)
        : settlers.get(terms.ledger)!.settle({ id, scale: asset.scale, config: terms, hear: hearIt }, records)
    lines.set(id, line)
    return { id, link, settlement: line.settlement }
  })
  return { stacks, lines }
}

async function orClose<T>(journal: Journal, promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    await journal.close()
    throw error
  }
}

interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

async function openAdmin(config: Config, operated: Operated): Promise<AdminServer | undefined> {
  if (config.admin === undefined) return undefined
  const { host, port } = config.admin
  const server = buildAdmin(operated)
  try {
    await server.listen({ host, port })
  } catch (error) {
    throw new StartError(`cannot serve admin on ${host}:${port}: ${(error as Error).message}`)
  }
  return { port: (server.addresses()[0] as AddressInfo).port, close: async () => server.close() }
}
