/** How payments fare on paths of all kinds: a change of any algorithm shows as a diff of `table.md`. */
import { expect, it } from 'vitest'
import { PLAIN_PATH, runPath } from '../testing/path.ts'

const PACKET_AMOUNT_MAX = 1000n
const AMOUNT = 300n * PACKET_AMOUNT_MAX

const HEAD = `# 300 packets over paths of all kinds

Made by \`table.test.ts\`; \`vitest run -u\` writes it anew. Times are virtual: from the start, with probes, to the last
answer. A path that is full all the time takes a round trip for each 100 packets, or for as many as there is
liquidity for. One that is silent about its limit lets a packet of 1000 pass; the sender settles for 625.

| round trip | loss | packet limit |  liquidity | outcome  |    time | prepares | most at once |
| ---------: | ---: | ------------ | ---------: | -------- | ------: | -------: | -----------: |`

it('does on each path what table.md says: latency, loss, size, liquidity (STR-98, STR-100, STR-107)', async () => {
  const lines = product([10, 100, 500], [0, 20, 200]).flatMap(([roundTripMs, lossPerMille]) =>
    product([true, false], [undefined, 40n, 5n]).map(([isHinting, packets]) =>
      line({ roundTripMs, lossPerMille, isHinting, packets }),
    ),
  )
  await expect(`${[HEAD, ...lines].join('\n')}\n`).toMatchFileSnapshot('table.md')
})

interface Row {
  readonly roundTripMs: number
  readonly lossPerMille: number
  readonly isHinting: boolean
  /** That there is liquidity for. */
  readonly packets: bigint | undefined
}

function line({ roundTripMs, lossPerMille, isHinting, packets }: Row): string {
  const liquidity = packets && packets * PACKET_AMOUNT_MAX
  const limits = { packetAmountMax: PACKET_AMOUNT_MAX, isHinting, liquidity }
  const path = { ...PLAIN_PATH, ...limits, delayMs: roundTripMs, lossPerMille }
  const { report, elapsedMs, prepares, maxInFlight } = runPath(path, { amount: { send: AMOUNT } })
  const cells = [
    `${roundTripMs} ms`.padStart(10),
    `${lossPerMille / 10} %`.padStart(4),
    (isHinting ? 'told' : 'silent').padEnd(12),
    (packets === undefined ? 'any' : `${packets} packets`).padStart(10),
    report.outcome.padEnd(8),
    `${(elapsedMs / 1000).toFixed(2)} s`.padStart(7),
    String(prepares).padStart(8),
    String(maxInFlight).padStart(12),
  ]
  return `| ${cells.join(' | ')} |`
}

function product<A, B>(as: readonly A[], bs: readonly B[]): (readonly [A, B])[] {
  return as.flatMap((a) => bs.map((b) => [a, b] as const))
}
