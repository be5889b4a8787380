import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Playground, Playgrounds } from './playgrounds.ts'

const PROMPT = 'hourglass> '

let playgrounds: Playgrounds

beforeEach(() => {
  playgrounds = new Playgrounds()
})

afterEach(() => {
  playgrounds.clear()
})

/** What was said last, when the signal comes. */
const MOMENTS = {
  'before the ledgers are up': 'A local internet of value',
  'while a ledger starts': 'an EVM chain is up',
  'while the connectors start': 'an XRP Ledger, simulated, is up',
  'while Lightning nodes start': 'connector test.dune',
  'while wallets and links start': 'connector test.acme',
  'during the payment': 'fulfilled',
  'at the prompt': PROMPT,
}

describe('a signal ends every program and removes every file', () => {
  test.for(Object.entries(MOMENTS))('Ctrl-C %s', async ([, moment]) => {
    const playground = playgrounds.start()
    await playground.says(moment)
    playground.signalGroup('SIGINT')
    await expectQuietEnd(playground)
  })

  test.for([
    ['SIGINT', MOMENTS['while the connectors start']],
    ['SIGTERM', MOMENTS['before the ledgers are up']],
    ['SIGHUP', MOMENTS['at the prompt']],
  ] as const)('%s to the process alone after "%s"', async ([signal, moment]) => {
    const playground = playgrounds.start()
    await playground.says(moment)
    playground.signal(signal)
    await expectQuietEnd(playground)
  })

  test('--once that is interrupted is no success', async () => {
    const playground = playgrounds.start('--once')
    await playground.says(MOMENTS['during the payment'])
    playground.signal('SIGTERM')
    await expectQuietEnd(playground, 1)
  })

  describe.skipIf(!Playgrounds.hasTerminal())('in a terminal', () => {
    test('the key Ctrl-C during a payment that was asked for', async () => {
      const playground = playgrounds.startInTerminal()
      await playground.says(PROMPT)
      playground.type('pay 500\r')
      await playground.says(MOMENTS['during the payment'])
      playground.type('\u0003')
      await expectQuietEnd(playground)
    })

    test('the key Ctrl-D at the prompt', async () => {
      const playground = playgrounds.startInTerminal()
      await playground.says(PROMPT)
      playground.type('\u0004')
      await expectQuietEnd(playground)
    })
  })
})

describe('a program that is killed', () => {
  test('a connector: the playground says so and ends everything', async () => {
    const playground = playgrounds.start()
    await playground.says(PROMPT)
    process.kill(playgrounds.pidOf('acme.json'), 'SIGKILL')
    const { exitCode, stderr } = await playground.ended
    expect(stderr).toBe('\nacme was ended by SIGKILL: it said nothing\n')
    expect(exitCode).toBe(1)
    await expectNothingLeft()
  })

  test('the chain: the next command says so, and the playground ends everything', async () => {
    const playground = playgrounds.start()
    await playground.says(PROMPT)
    process.kill(playgrounds.pidOf('--chain-id'), 'SIGKILL')
    playground.type('balances\n')
    const { exitCode, stderr } = await playground.ended
    expect(stderr).toMatch(/^\nthe chain does not answer at http:.*\n$/)
    expect(exitCode).toBe(1)
    await expectNothingLeft()
  })

  test('the XRP Ledger: the next command says so, and the playground ends everything', async () => {
    const playground = playgrounds.start()
    await playground.says(PROMPT)
    process.kill(playgrounds.pidOf('--close-ms'), 'SIGKILL')
    playground.type('balances\n')
    const { exitCode, stderr } = await playground.ended
    expect(stderr).toMatch(/^\nthe XRP Ledger does not answer at ws:.*\n$/)
    expect(exitCode).toBe(1)
    await expectNothingLeft()
  })

  test('the Bitcoin chain: the next command says so, and the playground ends everything', async () => {
    const playground = playgrounds.start()
    await playground.says(PROMPT)
    process.kill(playgrounds.pidOf('--user hourglass'), 'SIGKILL')
    playground.type('balances\n')
    const { exitCode, stderr } = await playground.ended
    expect(stderr).toMatch(/^\nthe Bitcoin chain does not answer at http:.*\n$/)
    expect(exitCode).toBe(1)
    await expectNothingLeft()
  })

  test('the playground itself: no program outlives it', async () => {
    const playground = playgrounds.start()
    await playground.says(PROMPT)
    playground.signal('SIGKILL')
    await playground.ended
    await expectNoPrograms()
  })
})

async function expectQuietEnd(playground: Playground, expectedCode = 0): Promise<void> {
  const { exitCode, stdout, stderr } = await playground.ended
  expect(stderr).toBe('')
  expect(stdout).not.toMatch(/Error|✗/)
  expect(exitCode).toBe(expectedCode)
  await expectNothingLeft()
}

async function expectNothingLeft(): Promise<void> {
  await expectNoPrograms()
  expect(playgrounds.files()).toEqual([])
}

/** What is killed outright is gone a moment later. */
async function expectNoPrograms(): Promise<void> {
  await expect.poll(() => playgrounds.programs(), { timeout: 60_000 }).toEqual([])
}
