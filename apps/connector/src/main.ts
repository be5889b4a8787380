/** hourglass-connector: reads a config file, runs one connector until told to stop. */
import { Command } from 'commander'
import { ConfigError, loadConfig } from './config.ts'
import { StartError } from './start-error.ts'
import { startConnector } from './start.ts'

const program = new Command('hourglass-connector')
  .description('Runs one Interledger connector.')
  .requiredOption('-c, --config <file>', 'YAML or JSON config file')
  .option('--check', 'check the config file and exit')
  .showHelpAfterError('(hourglass-connector --help lists the options)')
  .parse()

const { config: file, check } = program.opts<{ config: string; check?: boolean }>()

try {
  const config = loadConfig(file)
  if (check === true) {
    console.log(`${file} is fine: ${config.address}, ${config.accounts.length} accounts`)
  } else {
    const connector = await startConnector(config, { fatal: fail })
    let stopping = false
    const stop = (): void => {
      if (stopping) return
      stopping = true
      connector.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(String(error)),
      )
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
  }
} catch (error) {
  if (!(error instanceof ConfigError) && !(error instanceof StartError)) throw error
  fail(error.message)
}

function fail(message: string): never {
  console.error(`hourglass-connector: ${message}`)
  process.exit(1)
}
