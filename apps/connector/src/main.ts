/** hourglass-connector: reads a config file, runs one connector until told to stop. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { ConfigError, loadConfig, readSecret } from './config.ts'
import { deployContract } from './deploy.ts'
import { askRejections, describeRejection } from './explain.ts'
import { describePlan, submitConfig } from './live-commands.ts'
import { type HandDecision, describeHold, reconcile } from './reconcile.ts'
import { StartError } from './start-error.ts'
import { startConnector } from './start.ts'

/** The most that `explain` prints. */
const EXPLAINED_MAX = 20

const program = new Command('hourglass-connector')
  .description('Runs one Interledger connector.')
  .option('-c, --config <file>', 'YAML or JSON config file')
  .option('--check', 'check the config file and exit')
  // What comes after the name of a command is that command's.
  .enablePositionalOptions()
  .showHelpAfterError('(hourglass-connector --help lists the options)')
  .action(async ({ config, check }: { config?: string; check?: true }) => {
    if (config === undefined)
      return program.error("error: required option '-c, --config <file>' not specified")
    return run(config, check === true)
  })

program
  .command('deploy')
  .description('put the payment channel contract on an EVM chain: once a chain, by anybody')
  .requiredOption('--rpc-url <url>', 'JSON-RPC of a node of that chain')
  .requiredOption('--key-env <name>', 'environment variable with the private key that pays for it')
  .action(async ({ rpcUrl, keyEnv }: { rpcUrl: string; keyEnv: string }) => {
    console.log(await deployContract(rpcUrl, readSecret({ env: keyEnv }, '--key-env')))
  })

program
  .command('reconcile')
  .description('end the packets of a running node that have no outcome: ask their peers, or decide')
  .requiredOption('-c, --config <file>', 'config file of the running node; needs "admin"')
  .addOption(
    ending('post', 'book this hold as fulfilled, which --fulfillment shows').conflicts(['pay', 'void']),
  )
  .option('--fulfillment <hex>', 'what the next peer can show, 64 hex digits')
  .addOption(ending('pay', 'pay the next peer and charge nobody: the loss is yours').conflicts('void'))
  .addOption(ending('void', 'give the money of this hold back'))
  .action(async ({ config, ...endings }: { config: string; fulfillment?: string } & Partial<Endings>) => {
    const decision = decisionOf(endings)
    const open = await reconcile(loadConfig(config), decision)
    console.log(open.length === 0 ? 'every packet has its outcome' : open.map(describeHold).join('\n'))
    if (open.length > 0 && decision === undefined) process.exitCode = 1
  })

program
  .command('explain [packet]')
  .description(
    'say why a running node rejected a packet: by its condition, by the number of the rejection, or the newest',
  )
  .requiredOption('-c, --config <file>', 'config file of the running node; needs "admin"')
  .option('--account <id>', 'only packets that came in on this account')
  .action(async (packet: string | undefined, { config, account }: { config: string; account?: string }) => {
    const rejections = await askRejections(loadConfig(config), { packet, account })
    console.log(
      rejections.length === 0
        ? 'this node has rejected no such packet, or has forgotten it'
        : rejections.slice(0, EXPLAINED_MAX).map(describeRejection).join('\n'),
    )
  })

for (const [command, description] of [
  ['plan', 'show what a config would change of the running node, and change nothing'],
  ['apply', 'have the running node go on with this config; all of it or, with one problem, nothing'],
] as const) {
  program
    .command(`${command} <file>`)
    .description(description)
    .action(async (file: string) => {
      const plan = await submitConfig(file, command)
      console.log(describePlan(plan))
      if (plan.problems.length > 0) process.exitCode = 1
    })
}

type Endings = Record<HandDecision['outcome'], number>

function ending(outcome: HandDecision['outcome'], description: string): Option {
  return new Option(`--${outcome} <hold>`, description).argParser(holdOf)
}

function decisionOf(endings: Partial<Endings> & { fulfillment?: string }): HandDecision | undefined {
  const outcome = (['post', 'pay', 'void'] as const).find((each) => endings[each] !== undefined)
  if (outcome === undefined) return undefined
  const { fulfillment } = endings
  if (outcome === 'post' && fulfillment === undefined)
    program.error('error: --post needs --fulfillment <hex>')
  return { hold: endings[outcome]!, outcome, fulfillment }
}

function holdOf(text: string): number {
  const hold = Number(text)
  if (!Number.isInteger(hold) || hold <= 0) throw new InvalidArgumentError('a hold is a number above 0.')
  return hold
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof ConfigError) && !(error instanceof StartError)) throw error
  fail(error.message)
}

async function run(file: string, isCheck: boolean): Promise<void> {
  const config = loadConfig(file)
  if (isCheck) {
    const address = config.address ?? 'an address of its parent'
    console.log(`${file} is fine: ${address}, ${config.accounts.length} accounts`)
    return
  }
  const starting = startConnector(config)
  let isStopping = false
  // Heard from the beginning: who has read that the connector is up may stop it at once.
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    starting
      .then(async (connector) => connector.stop(config.stopPatienceMs))
      .then(
        () => process.exit(0),
        (error: unknown) => fail(String(error)),
      )
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  await starting
}

function fail(message: string): never {
  console.error(`hourglass-connector: ${message}`)
  process.exit(1)
}
