/** The inside of a node's process: opens the node, answers calls, and ends with whoever started it. Layer 2, io. */
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type { Journal } from '@hourglass/journal'
import { JournalError } from '@hourglass/journal/io'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import { EmbeddedNode } from '../ldk/embedded-node.ts'
import { LightningError } from '../lightning-error.ts'
import type { Failure, FromProcess, ProcessOptions, ToProcess } from './messages.ts'
import { Outbox } from './outbox.ts'

type Call = Extract<ToProcess, { readonly kind: 'call' | 'forget' }>

/** What was compiled is kept for the next start, also where nobody ends this process properly. */
const COMPILED_MS = 10_000

/** V8 lets garbage lie until the heap is a multiple of what is in use: here it may be so much more. */
const HEAP_GROWTH = '--heap-growing-percent=30'

/** Serves one node. A test may stand between the node and its journal. */
export function serveNode(around: (journal: Journal) => Journal = (journal) => journal): void {
  setFlagsFromString(HEAP_GROWTH)
  let opening: Promise<{ node: EmbeddedNode; journal: Journal }> | undefined
  const hear = (message: ToProcess): void => {
    if (message.kind === 'open') opening = open(message.options, around)
    else if (message.kind === 'close') void opening?.then(end)
    else void opening?.then(({ node }) => answer(node, message))
  }
  process.on('message', (messages: readonly ToProcess[]) => messages.forEach(hear))
  // LDK panics where it must not go on: what was to be durable by then still is.
  let isOver = false
  process.on('uncaughtException', (error) => {
    if (isOver) return
    isOver = true
    say({ kind: 'log', message: `the node stops: ${error.message}` })
    outbox.flush()
    void opening?.then(({ journal }) => journal.close()).finally(() => process.exit(1))
  })
  // Who started us is gone, however it ended.
  process.once('disconnect', () => process.exit(0))
}

async function open(
  { file, durability, ...options }: ProcessOptions,
  around: (journal: Journal) => Journal,
): Promise<{ node: EmbeddedNode; journal: Journal }> {
  try {
    const log = (message: string): void => say({ kind: 'log', message })
    const journal = await openSqliteJournal({
      ...{ file, durability },
      // Until it works again nothing leaves the node, and no call is answered whose effect must last.
      report: (health) =>
        log(health.isWorking ? 'the journal is written again' : `the journal: ${health.error.message}`),
    })
    const node = await EmbeddedNode.open({ ...options, journal: around(journal), log })
    node.listen((event) => say({ kind: 'event', event }))
    say({ kind: 'opened' })
    setTimeout(flushCompileCache, COMPILED_MS).unref()
    return { node, journal }
  } catch (error) {
    outbox.flush()
    // Who started us decides whether to try again.
    const failure: FromProcess = { kind: 'not-opened', failure: failureOf(error) }
    process.send!([failure], () => process.exit(1))
    return new Promise(() => undefined)
  }
}

async function answer(node: EmbeddedNode, call: Call): Promise<void> {
  const { id } = call
  try {
    say({ kind: 'value', id, value: await perform(node, call) })
  } catch (error) {
    say({ kind: 'failure', id, failure: failureOf(error) })
  }
}

async function perform(node: EmbeddedNode, call: Call): Promise<unknown> {
  if (call.kind === 'call') {
    const method = node[call.method].bind(node) as (...args: readonly unknown[]) => Promise<unknown>
    return method(...call.args)
  }
  const { payments, receipts } = call.forgotten
  await Promise.all([...payments.map((hash) => node.forgetPayment(hash)), node.forgetReceipts(receipts)])
  return undefined
}

async function end({ node, journal }: { node: EmbeddedNode; journal: Journal }): Promise<void> {
  await node.close()
  await journal.close()
  process.exit(0)
}

function failureOf(error: unknown): Failure {
  const { message } = error as Error
  if (error instanceof LightningError) return { code: error.code, message }
  return { code: error instanceof JournalError ? 'unusable' : 'refused', message }
}

const outbox = new Outbox<FromProcess>((messages) => {
  if (process.connected) process.send!(messages)
})

function say(message: FromProcess): void {
  outbox.say(message)
}
