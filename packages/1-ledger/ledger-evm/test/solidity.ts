/** The Solidity compiler, as this package uses it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Abi, Hex } from 'viem'
import solc from 'solc'

export interface CompiledContract {
  readonly abi: Abi
  /** Creation code. */
  readonly bytecode: Hex
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts: Readonly<
    Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>
  >
}

/** The package's own types say `any`. */
const compiler = solc as { compile(input: string): string }

const root = join(import.meta.dirname, '..')

/**
 * Compiles one file of this package; `path` is relative to it. Throws on a warning too.
 * `optimize` is for what goes to a chain; without it the compiler is three times as fast.
 */
export function compileSolidity(path: string, optimize: boolean): Readonly<Record<string, CompiledContract>> {
  const input = {
    language: 'Solidity',
    sources: { [path]: { content: readFileSync(join(root, path), 'utf8') } },
    settings: {
      evmVersion: 'cancun',
      viaIR: optimize,
      optimizer: { enabled: optimize, runs: 10_000 },
      // Neither paths nor comments must change the bytecode, which names the contract's address.
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const output = JSON.parse(compiler.compile(JSON.stringify(input))) as SolcOutput
  const complaints = output.errors ?? []
  if (complaints.length > 0) throw new Error(complaints.map((each) => each.formattedMessage).join('\n'))
  return Object.fromEntries(
    Object.entries(output.contracts[path]!).map(([name, { abi, evm }]) => [
      name,
      { abi, bytecode: `0x${evm.bytecode.object}` },
    ]),
  )
}
