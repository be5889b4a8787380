/** Commands while the playground stays up. */
import { fstatSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { say } from './terminal.ts'
import { type Tour, TourError } from './tour.ts'

const HELP = `
  pay 2.50     Alice pays Bob so many dollars
  balances     who has what, and who owes whom
  audit        check the books against one another and the ledgers
  quit         end everything (as Ctrl-C does)`

/** Reads commands until `quit`, or until the input ends. Where there is no input at all, stays up for good. */
export async function runPrompt(tour: Tour): Promise<void> {
  if (isNullDevice()) {
    say(
      '\nEverything stays up until Ctrl-C. There is nobody to give commands: standard input is the null device.',
    )
    return new Promise(() => undefined)
  }
  say(HELP)
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '\nhourglass> ' })
  let prompt = (): void => lines.prompt()
  // The input may end while a command still runs.
  lines.once('close', () => (prompt = () => undefined))
  // A terminal that edits lines gives Ctrl-C as a key.
  lines.on('SIGINT', () => process.emit('SIGINT'))
  prompt()
  for await (const line of lines) {
    const [command = '', argument = ''] = line.trim().split(/\s+/)
    if (command === 'quit' || command === 'exit') break
    await runCommand(tour, command, argument)
    prompt()
  }
  lines.close()
}

/** Whether we run in the background: services, containers and `nohup` have the null device as standard input. */
function isNullDevice(): boolean {
  return !process.stdin.isTTY && fstatSync(process.stdin.fd).isCharacterDevice()
}

async function runCommand(tour: Tour, command: string, argument: string): Promise<void> {
  switch (command) {
    case '':
      return
    case 'pay':
      try {
        await tour.pay(argument === '' ? '1.00' : argument)
      } catch (error) {
        if (!(error instanceof TourError)) throw error
        say(error.message)
      }
      return
    case 'balances':
      return tour.showBalances('now')
    case 'audit':
      await tour.audit()
      return
    case 'help':
      say(HELP)
      return
    default:
      say(`There is no command "${command}".`)
      say(HELP)
  }
}
