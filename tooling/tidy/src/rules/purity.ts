/** Purity: protocol code has no clock, chance, promise, socket or disk of its own. Tooling. */
import { posix } from 'node:path'
import { isLayer } from '../layers.ts'
import type { Package, Repo, SourceText } from '../repo.ts'
import type { Violation } from '../violation.ts'

/** Packages from npm that compute and do nothing else. */
const PURE_PACKAGES = /^(?:@noble\/(?:ciphers|curves|hashes)|@scure\/(?:bip32|btc-signer)|secp256k1)(?:\/|$)/

export function checkPurity(repo: Repo): Violation[] {
  return repo.packages
    .filter(({ room }) => isLayer(room))
    .flatMap((from) => from.files.filter((file) => isProtocolCode(from, file)).flatMap(checkFile))
}

/** Sources outside `io/`, `testing/` and tests; tsconfig.pure.json names the same files. */
function isProtocolCode({ directory }: Package, file: SourceText): boolean {
  if (!file.isCode || !file.path.startsWith(`${directory}/src/`)) return false
  return !/\/(?:io|testing)\/|\.test\.ts$/.test(file.path)
}

function checkFile(file: SourceText): Violation[] {
  const uses = file.facts.impure.map(({ name, line }) => ({
    rule: 'impure',
    line,
    message: `${name} in protocol code; time, chance and promises come in as arguments, or the file belongs in io/`,
  }))
  const imports = file.facts.imports.flatMap(({ specifier, line }) => {
    const message = specifier === undefined ? undefined : importFault(file.path, specifier)
    return message === undefined ? [] : [{ rule: 'impure-import', line, message }]
  })
  return [...uses, ...imports].map((found) => ({ path: file.path, anchor: 'purity', ...found }))
}

function importFault(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier)
    return /\/(?:io|testing)\//.test(target)
      ? `${specifier} in protocol code; io/ imports it, never the reverse`
      : undefined
  }
  if (specifier.startsWith('@hourglass/')) {
    return /\/(?:io|web)$/.test(specifier)
      ? `${specifier} in protocol code; import it from io/ or an app`
      : undefined
  }
  if (PURE_PACKAGES.test(specifier)) return undefined
  return `${specifier} in protocol code; what is not known to be pure is imported in io/ alone`
}
