/** Commands while the playground stays up. */
import { createInterface } from 'node:readline'
import { say } from './terminal.ts'
import { type Tour, TourError } from './tour.ts'

const HELP = `
  pay 2.50     Alice pays Bob so many dollars
  balances     who has what, and who owes whom
  audit        check the books against one another and the chain
  quit         end everything (as Ctrl-C does)`

/** Reads commands until `quit`, or until the input ends. */
export async function runPrompt(tour: Tour): Promise<void> {
  say(HELP)
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '\nhourglass> ' })
  lines.prompt()
  for await (const line of lines) {
    const [command = '', argument = ''] = line.trim().split(/\s+/)
    if (command === 'quit' || command === 'exit') break
    await runCommand(tour, command, argument)
    lines.prompt()
  }
  lines.close()
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
    default:
      say(HELP)
  }
}
