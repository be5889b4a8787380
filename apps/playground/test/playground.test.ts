import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Summary } from '../src/tour.ts'
import { Playgrounds } from './playgrounds.ts'

const PROMPT = 'hourglass> '

let playgrounds: Playgrounds

beforeEach(() => {
  playgrounds = new Playgrounds()
})

afterEach(() => {
  playgrounds.clear()
})

describe('one payment', () => {
  test('--once pays, says so in JSON on the last line, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr } = await playgrounds.start('--once', '--amount', '2.50').ended
    expect(stderr).toBe('')
    expect(stdout.endsWith('}\n')).toBe(true)
    const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Summary
    const { delivered, packets, ms, settlements } = summary
    expect(summary).toStrictEqual({
      delivered: { amount: delivered.amount, assetCode: 'EUR', assetScale: 4 },
      sent: { amount: '2500000', assetCode: 'USD', assetScale: 6 },
      packets,
      ms,
      settlements: [
        { ...settlements[0], ledger: 'bitcoin' },
        { ...settlements[1], ledger: 'evm' },
        { ...settlements[2], ledger: 'xrpl' },
      ],
      balanced: true,
    })
    // 2.50 at 0.92, less four spreads of 0.2 %, each packet rounded down.
    expect(BigInt(delivered.amount)).toBeLessThanOrEqual(22816n)
    expect(BigInt(delivered.amount)).toBeGreaterThan(22784n)
    expect(packets).toBeGreaterThanOrEqual(5)
    expect(ms).toBeGreaterThan(0)
    for (const { transactions, promises } of settlements) {
      // A channel opened, and redeemed or closed.
      expect(transactions).toBeGreaterThanOrEqual(2)
      expect(promises).toBeGreaterThanOrEqual(1)
    }
    expect(exitCode).toBe(0)
    await expectNothingLeft()
  })

  test.for([
    [['--bogus'], "unknown option '--bogus'"],
    [['--amount', 'ten'], '"ten" is no amount'],
    [['--amount', '0.00'], '0.00 USD is nothing'],
  ] as const)('%s is refused in one line before anything starts', async ([args, message]) => {
    const { exitCode, stdout, stderr } = await playgrounds.start(...args).ended
    expect(stderr).toMatch(/^error: .*\n$/)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(exitCode).toBe(1)
    expect(playgrounds.files()).toEqual([])
  })
})

describe('commands', () => {
  test('the playground stays up, offers commands, obeys them, and ends with quit', async () => {
    const playground = playgrounds.start()
    await playground.says('quit  ')
    await playground.says(PROMPT)

    playground.type('help\n')
    await playground.says('pay 2.50 ')
    await playground.says(PROMPT)

    playground.type('frobnicate\n')
    await playground.says('There is no command "frobnicate".')
    await playground.says('pay 2.50 ')
    await playground.says(PROMPT)

    playground.type('pay 2.50\n')
    await playground.says('Alice pays $bob.example 2.50 USD')
    await playground.says('sent 2.500000 USD, delivered 2.2')
    await playground.says('✓ acme spent its escrow and its fees')
    await playground.says('✓ bolt spent its escrow and its fees')
    await playground.says('✓ cove spent its escrow and its fees')
    await playground.says(PROMPT)

    playground.type('pay much\n')
    await playground.says('"much" is no amount')
    await playground.says(PROMPT)

    playground.type('balances\n')
    await playground.says('-12.500000 USD')
    await playground.says(PROMPT)

    playground.type('audit\n')
    await playground.says("✓ alice's wallet sent what acme booked")
    await playground.says(PROMPT)

    playground.type('quit\n')
    const { exitCode, stdout, stderr } = await playground.ended
    expect(stdout).not.toContain('✗')
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    await expectNothingLeft()
  })

  test('what a payment moved before it failed is settled and counts in the books', async () => {
    const playground = playgrounds.start('--amount', '1.00')
    await playground.says(PROMPT)
    // Acme trusts Alice with 1000 dollars.
    playground.type('pay 2000\n')
    await playground.says('not all was paid')
    await playground.says(PROMPT)
    playground.type('audit\nquit\n')
    const { exitCode, stdout } = await playground.ended
    expect(stdout.match(/✓ /g)).toHaveLength(44)
    expect(stdout).not.toContain('✗')
    expect(exitCode).toBe(0)
  })

  test('commands from a pipe are all obeyed, then the end of the input ends the playground', async () => {
    const playground = playgrounds.start()
    playground.type('pay 1.00\nbalances\nhelp')
    playground.endInput()
    const { exitCode, stdout, stderr } = await playground.ended
    expect(stderr).toBe('')
    expect(stdout).toMatch(/sent 1\.000000 USD[^]*balances now[^]*pay 2\.50/)
    expect(exitCode).toBe(0)
    await expectNothingLeft()
  })

  test('in the background, where nobody can give commands, the playground stays up until a signal', async () => {
    const playground = playgrounds.startInBackground()
    await playground.says('stays up until Ctrl-C')
    playground.signal('SIGTERM')
    const { exitCode, stderr } = await playground.ended
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    await expectNothingLeft()
  })
})

async function expectNothingLeft(): Promise<void> {
  await expect.poll(() => playgrounds.programs(), { timeout: 60_000 }).toEqual([])
  expect(playgrounds.files()).toEqual([])
}
