/** What a connection that rests costs a server: memory for each of many. Tooling. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Address, PacketType } from '@hourglass/ilp'
import { nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import { StreamSender, StreamServer, type StreamServerOutput } from '@hourglass/stream'
import type { Bench, BenchOptions, Row } from '../bench.ts'

export const bench: Bench = {
  summary: 'ten thousand STREAM connections in one server: memory for each that rests',
  run: (options) => Promise.resolve(run(options)),
}

const CONNECTIONS = 10_000
/** So that code is compiled and tables have grown before anything is counted. */
const WARM_UP = 500

function run({ progress }: BenchOptions): Row[] {
  const server = new StreamServer({
    crypto: nodeCrypto,
    rng: nodeRng,
    serverSecret: nodeRng.bytes(32),
    address: 'test.bob' as Address,
    assetCode: 'USD',
    assetScale: 9,
  })
  for (let i = 0; i < WARM_UP; i++) payInto(server)
  const before = memory()
  progress(`${CONNECTIONS - WARM_UP} connections`)
  for (let i = WARM_UP; i < CONNECTIONS; i++) payInto(server)
  const after = memory()
  if (server.nextTimeout() === undefined) throw new Error('nothing is kept')
  const row = (metric: string, bytes: number): Row => {
    const value = bytes / (CONNECTIONS - WARM_UP) / 1000
    return { case: 'a connection that rests', subject: 'hourglass', metric, value, unit: 'kB' }
  }
  return [
    row('JavaScript memory', after.usedBytes - before.usedBytes),
    row('memory of the process', after.rssBytes - before.rssBytes),
  ]
}

/** One packet of money, and no goodbye. */
function payInto(server: StreamServer): void {
  const [credentials, minimumRate] = [server.credentials(), { numerator: 1n, denominator: 1n }]
  const sender = new StreamSender({
    crypto: nodeCrypto,
    rng: nodeRng,
    credentials,
    amount: { send: 1000n },
    minimumRate,
  })
  sender.handle({ kind: 'pay' }, now())
  const first = sender.poll()
  if (first?.kind !== 'prepare') throw new Error('nothing is paid')
  server.handle({ kind: 'prepare', id: first.id, prepare: first.prepare }, now())
  const outputs: StreamServerOutput[] = []
  for (let output = server.poll(); output !== undefined; output = server.poll()) outputs.push(output)
  const reply = outputs.find((output) => output.kind === 'reply')
  if (reply?.reply.type !== PacketType.Fulfill) throw new Error('not fulfilled')
}

/** Once all that nobody needs is collected. */
function memory(): { readonly usedBytes: number; readonly rssBytes: number } {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { usedBytes: heapUsed + external, rssBytes: rss }
}
