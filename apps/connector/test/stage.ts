/** The line of connectors on a chain of its own, and a look at the ledger that is nobody's. */
import { DEV_ACCOUNTS, type DevChain, startDevChain } from '@hourglass/evm-devchain'
import type { Ledger } from '@hourglass/ledger'
import { connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import { Line, type LineOptions } from './line.ts'
import { Programs } from './programs.ts'

export class Stage {
  readonly chain: DevChain
  readonly ledger: Ledger
  readonly line: Line
  readonly #programs: Programs

  private constructor(chain: DevChain, ledger: Ledger, line: Line, programs: Programs) {
    this.chain = chain
    this.ledger = ledger
    this.line = line
    this.#programs = programs
  }

  static async open(dialer: LineOptions['dialer']): Promise<Stage> {
    const programs = new Programs()
    const chain = await startDevChain()
    const { privateKey } = DEV_ACCOUNTS.at(-1)!
    await deployPayChan({ rpcUrl: chain.url, privateKey })
    const ledger = await connectEvm({ rpcUrl: chain.url, privateKey, confirmations: 1, pollMs: 100 })
    return new Stage(chain, ledger, await Line.open({ programs, chain, dialer }), programs)
  }

  async close(): Promise<void> {
    await this.line.close()
    await this.#programs.clear()
    await this.ledger.close()
    await this.chain.stop()
  }
}
