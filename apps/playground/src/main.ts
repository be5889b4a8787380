/** What `npm start` runs: a local internet of value, and one payment across it. */
import { Command, InvalidArgumentError } from 'commander'
import { Narrator } from './narrator.ts'
import { ChildError } from './processes.ts'
import { runPrompt } from './prompt.ts'
import { heading, say } from './terminal.ts'
import { Tour, TourError, checkAmount } from './tour.ts'
import { World } from './world.ts'

const { once, amount } = new Command('npm start --')
  .description(
    'A local internet of value: three ledgers, four connectors, two wallets, and a payment across.',
  )
  .option('--once', 'end after the payment; the last line is a summary in JSON')
  .option('--amount <dollars>', 'what Alice pays', decodeAmount, '10.00')
  .parse()
  .opts<{ once?: true; amount: string }>()

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    say()
    void stop(once === true ? 1 : 0)
  })
}

const narrator = new Narrator()
const world = new World(narrator)
let stopping: Promise<never> | undefined

try {
  await Promise.race([run(), world.failed])
} catch (error) {
  // What fails because everything is being ended is no news.
  if (stopping !== undefined) await stopping
  if (!(error instanceof ChildError) && !(error instanceof TourError)) throw error
  console.error(`\n${error.message}`)
  await stop(1)
}

async function run(): Promise<void> {
  heading('A local internet of value')
  await world.start()
  const tour = await Tour.begin(world, narrator)
  const summary = await tour.pay(amount)
  if (once === true) {
    say(JSON.stringify(summary))
    await stop(summary.balanced ? 0 : 1)
  }
  await runPrompt(tour)
  await stop(0)
}

/** Ends everything, then the process; the first reason counts. */
async function stop(exitCode: number): Promise<never> {
  stopping ??= endAll(exitCode)
  return stopping
}

async function endAll(exitCode: number): Promise<never> {
  await world.stop()
  process.exit(exitCode)
}

function decodeAmount(text: string): string {
  try {
    checkAmount(text)
    return text
  } catch (error) {
    if (!(error instanceof TourError)) throw error
    throw new InvalidArgumentError(error.message)
  }
}
