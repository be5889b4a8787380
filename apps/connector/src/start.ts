/**
 * Puts one connector together: journal, ledgers, links, settlements, node, sockets. The composition root.
 * It decides nothing about money; each output of the node is carried out by exactly one part.
 */
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Node, type NodeInput, type NodeOutput } from '@hourglass/connector'
import type { Journal, JournalHealth } from '@hourglass/journal'
import { type Driver, drive } from '@hourglass/sansio/io'
import { type Operated, buildAdmin } from './admin.ts'
import { Children } from './children.ts'
import type { Config } from './config.ts'
import { loadJournal } from './journal.ts'
import { type Wires, openWires } from './links.ts'
import { LiveConfig, type LiveParts } from './live.ts'
import { type Logger, logHealth, logTrace, openLog } from './log.ts'
import { nodeOptions } from './node-options.ts'
import { RateSources } from './rate-sources.ts'
import { loadPlugins } from './plugins.ts'
import { openSettlers } from './settlers/index.ts'
import { StackBuilder } from './stack-builder.ts'
import { StartError } from './start-error.ts'

export interface RunningConnector {
  readonly node: Node
  /** Port where peers connect; undefined where none is configured. */
  readonly port: number | undefined
  readonly adminPort: number | undefined
  /** Takes no packets any more; waits for those in flight, at most so long; then ends. What is open stays held. */
  stop(patienceMs?: number): Promise<void>
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
  const hear = (account: string, event: unknown): void => push({ kind: 'ledger', account, event })
  const builder = new StackBuilder({ settlers, plugins }, hear)
  const children = config.children && new Children(config.children, (join) => push(join))
  const adopt = children?.adopt
  const node = new Node({ ...nodeOptions(config), adopt, stacks: builder.build(config.accounts, records) })
  node.restore(records)

  let wires: Wires | undefined
  const parts: Parts = {
    ...{ builder, journal, log, push: (input) => driver.push(input) },
    get wires() {
      return wires
    },
  }
  const driver: Driver<NodeInput> = driveObserved(node, options.observer, (output) => perform(output, parts))
  push = parts.push
  early.forEach(push)
  const rates = new RateSources(push, log)
  rates.follow(config.rateSources)

  const close = async (): Promise<void> => {
    rates.close()
    await wires?.close()
    driver.stop()
    builder.close()
    await Promise.all([...settlers.values()].map(async (settler) => settler.close()))
    await journal.close()
  }
  try {
    wires = await openWires(config, { plugins, children }, driver, log)
    const buildStacks: LiveParts['buildStacks'] = async (accounts) =>
      builder.build(accounts, await journal.load(''))
    const follow = ({ accounts, rateSources }: Config): void => {
      wires?.admit(accounts)
      rates.follow(rateSources)
    }
    const live = new LiveConfig(config, { node, push, buildStacks, follow })
    const admin = await openAdmin(config, { node, settlers, lines: builder.lines, live, push })
    log.info({ address: config.address, port: wires.port, adminPort: admin?.port }, 'connector.started')
    return {
      node,
      port: wires.port,
      adminPort: admin?.port,
      async stop(patienceMs = 0) {
        await quiet(node, push, patienceMs)
        await admin?.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What carries out outputs. */
interface Parts {
  /** Undefined: not open yet. */
  readonly wires: Wires | undefined
  readonly builder: StackBuilder
  readonly journal: Journal
  readonly log: Logger
  readonly push: (input: NodeInput) => void
}

function perform(output: NodeOutput, { wires, builder, journal, log, push }: Parts): void {
  switch (output.kind) {
    case 'wire':
      wires?.send(output.account, output.wire)
      break
    case 'ledger':
      builder.perform(output.account, output.action)
      break
    case 'left':
      wires?.drop(output.account)
      log.info({ account: output.account }, 'connector.left')
      break
    case 'commit':
      journal.commit(
        () => output.records,
        () => push({ kind: 'committed', id: output.id }),
      )
      break
    case 'trace':
      logTrace(log, output)
      break
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

const LOOK_EVERY_MS = 20

/** CONN-41: nothing new is taken; what is in flight has `patienceMs` to end. */
async function quiet(node: Node, push: (input: NodeInput) => void, patienceMs: number): Promise<void> {
  push({ kind: 'forwarding', isOn: false })
  const patience = AbortSignal.timeout(patienceMs)
  while (node.connector.packetsInFlight > 0 && !patience.aborted) await setTimeout(LOOK_EVERY_MS)
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
