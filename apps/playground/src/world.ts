/** Starts and stops the local internet of value: chain, contract, two connectors, Bob's wallet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import { deployPayChan } from '@hourglass/ledger-evm/io'
import {
  BOB_HOST,
  BOB_POINTER,
  type ChainFacts,
  type Ports,
  acmeConfig,
  aliceConfig,
  boltConfig,
  bobConfig,
  findPorts,
} from './cast.ts'
import { Chain } from './chain.ts'
import type { Narrator } from './narrator.ts'
import { type Child, startChild } from './processes.ts'

const CONNECTOR = fileURLToPath(import.meta.resolve('@hourglass/connector-app/bin.js'))
const WALLET = fileURLToPath(import.meta.resolve('@hourglass/wallet/bin.js'))

export interface World {
  readonly ports: Ports
  readonly chain: Chain
  readonly contract: string
  /** Ledger accounts on the chain. */
  readonly addresses: { readonly acme: string; readonly bolt: string }
  /** Runs one command of Alice's wallet; each line of its output goes to `onLine`. Resolves with the exit code. */
  alice(args: readonly string[], onLine: (line: string) => void): Promise<number>
  stop(): Promise<void>
}

export async function startWorld(narrator: Narrator): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'hourglass-'))
  const children: Child[] = []
  let devChain: DevChain | undefined
  const stop = async (): Promise<void> => {
    for (const child of children.splice(0).reverse()) await child.stop()
    await devChain?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  const write = (name: string, value: object): string => {
    const file = join(directory, name)
    writeFileSync(file, JSON.stringify(value), { mode: 0o600 })
    return file
  }
  try {
    const [started, ports] = await Promise.all([startDevChain(), findPorts()])
    devChain = started
    const [acmeAccount, boltAccount, deployer] = DEV_ACCOUNTS
    const contract = await deployPayChan({ rpcUrl: devChain.url, privateKey: deployer.privateKey })
    narrator.deployed(devChain.url, contract)
    const facts: ChainFacts = {
      rpcUrl: devChain.url,
      contract,
      acmeKey: acmeAccount.privateKey,
      boltKey: boltAccount.privateKey,
    }

    const startConnector = async (name: 'acme' | 'bolt', config: object): Promise<void> => {
      const file = write(`${name}.json`, config)
      const ready = narrator.when(name, 'connector.started')
      const child = startChild({
        name,
        args: [CONNECTOR, '--config', file],
        onLine: (line) => narrator.connectorLine(name, line),
      })
      children.push(child)
      await child.orFail(ready)
    }
    const startBob = async (): Promise<void> => {
      const file = write('bob.json', bobConfig(ports, join(directory, 'bob')))
      const ready = narrator.when('bob', 'receive.started')
      const child = startChild({
        name: 'bob',
        args: [
          WALLET,
          'receive',
          '--config',
          file,
          '--port',
          String(ports.bob),
          '--pointer',
          BOB_POINTER,
          '--json',
        ],
        onLine: (line) => narrator.bobLine(line),
      })
      children.push(child)
      await child.orFail(ready)
    }
    const peered = narrator.when('acme', 'link.up')
    await Promise.all([
      startConnector('acme', acmeConfig(ports, facts, join(directory, 'acme'))),
      startConnector('bolt', boltConfig(ports, facts, join(directory, 'bolt'))),
      startBob(),
    ])
    await peered

    const aliceFile = write('alice.json', aliceConfig(ports, join(directory, 'alice')))
    return {
      ports,
      contract,
      chain: new Chain(devChain.url),
      addresses: { acme: acmeAccount.address, bolt: boltAccount.address },
      stop,
      async alice([command = '', ...args], onLine) {
        const resolve = command === 'pay' ? ['--resolve', `${BOB_HOST}=http://127.0.0.1:${ports.bob}`] : []
        const child = startChild({
          name: 'alice',
          args: [WALLET, command, ...args, '--config', aliceFile, ...resolve],
          onLine,
        })
        children.push(child)
        const code = await child.ended
        children.splice(children.indexOf(child), 1)
        return code
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
