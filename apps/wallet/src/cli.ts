/** The command line: what each command takes. The commands themselves stand in `commands/`. */
import { Command, CommanderError } from 'commander'
import { runBalance } from './commands/balance.ts'
import { runPay } from './commands/pay.ts'
import { runReceive } from './commands/receive.ts'
import { runResume } from './commands/resume.ts'
import { defaultConfigFile } from './config.ts'
import { CommandError, ExitCode, describeFailure } from './failure.ts'
import { Terminal } from './terminal.ts'

const EXAMPLES = `
Examples:
  hourglass pay '$wallet.example/alice' --amount 10.00
  hourglass receive --pointer '$me.example'
  hourglass balance --json

The config names the wallet's connector:
  link:  btp+ws://alice@127.0.0.1:7768
  token: { env: ALICE_TOKEN }
HOURGLASS_LINK, HOURGLASS_TOKEN and HOURGLASS_STATE override it.`

/** Runs one command; resolves to the exit code. */
export async function runCli(args: readonly string[], terminal = new Terminal()): Promise<number> {
  let exitCode: number = ExitCode.Done
  const program = buildProgram(terminal, (code) => (exitCode = code))
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has said what is wrong; help and version end here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage
    const failure = describeFailure(error)
    if (failure === undefined) throw error
    terminal.fail(failure.message)
    return failure.exitCode
  }
}

function buildProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('hourglass')
    .description('Pays, receives and shows balances over Interledger.')
    .option('-c, --config <file>', `wallet config, YAML or JSON (default: ${defaultConfigFile(process.env)})`)
    .addHelpText('after', EXAMPLES)
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text) => terminal.fail(`${oneLine(text)} (see hourglass --help)`),
    })

  program
    .command('pay')
    .description('pay a payment pointer')
    .argument('<pointer>', "whom: a payment pointer such as '$wallet.example/alice', or its URL")
    .option('-a, --amount <decimal>', "what to send, in the wallet's own asset")
    .option(
      '-d, --deliver <decimal>',
      "what shall arrive, in the receiver's asset; the price is quoted first",
    )
    .option('--slippage <percent>', 'how much worse than quoted the rate may become', '1')
    .option('-y, --yes', 'pay without asking')
    .option('--json', 'print JSON, one object a line: the quote, then the outcome')
    .option(
      '--resolve <host=origin>',
      'ask origin in place of host: for local tests only',
      decodeResolve,
      new Map(),
    )
    .action(async (pointer: string, _, command: Command) => {
      done(await runPay(pointer, command.optsWithGlobals(), terminal))
    })

  program
    .command('resume')
    .description('list payments that were not finished, or go on with one')
    .argument('[id]', 'which one: it costs no more than was agreed on, and pays nothing twice')
    .option('-y, --yes', 'pay without asking')
    .option('--json', 'print JSON, one object a line')
    .action(async (id: string | undefined, _, command: Command) => {
      done(await runResume(id, command.optsWithGlobals(), terminal))
    })

  program
    .command('receive')
    .description('be paid, until stopped')
    .option('--pointer <pointer>', 'the payment pointer that is served here', '$localhost')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('-p, --port <port>', 'port to listen on; 0 takes any free one', '8080')
    .option('--json', 'print one JSON object a line')
    .action(async (_, command: Command) => {
      done(await runReceive(command.optsWithGlobals(), terminal))
    })

  program
    .command('balance')
    .description('show what the wallet and its connector owe each other')
    .option('--json', 'print one JSON object')
    .action(async (_, command: Command) => {
      done(await runBalance(command.optsWithGlobals(), terminal))
    })

  return program
}

/** Adds one `host=http://host:port` to those before it. */
function decodeResolve(text: string, map: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [host = '', origin = ''] = text.split(/=(.*)/s)
  if (host === '' || !/^https?:\/\/[^/]+\/?$/.test(origin) || !URL.canParse(origin)) {
    throw new CommandError(`--resolve ${text} is not of the form host=http://127.0.0.1:8080`)
  }
  return new Map([...map, [host.toLowerCase(), origin]])
}

/** Commander's message without its prefix and its guesses on a line of their own. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
}
