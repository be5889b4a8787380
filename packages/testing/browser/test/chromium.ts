/** Chromium without a window: the one that HOURGLASS_CHROMIUM names, else the one that npm brings (Linux, x64). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib'

const require = createRequire(import.meta.url)

const ARGUMENTS: readonly string[] = [
  '--headless',
  '--no-sandbox', // It runs as root, too, and sees nothing but this page.
  '--disable-gpu',
  '--disable-software-rasterizer',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--remote-debugging-port=0', // Without one it opens no page by itself.
]

export class Chromium {
  readonly #directory: string
  readonly #child: ChildProcess

  private constructor(directory: string, child: ChildProcess) {
    this.#directory = directory
    this.#child = child
  }

  /** Opens a page. */
  static async open(url: string): Promise<Chromium> {
    const directory = mkdtempSync(join(tmpdir(), 'hourglass-chromium-'))
    const program = process.env['HOURGLASS_CHROMIUM'] ?? (await unpack(directory))
    const env = { ...process.env, ...missingLibraries(program, directory) }
    const child = spawn(program, [...ARGUMENTS, `--user-data-dir=${join(directory, 'profile')}`, url], {
      // A group of its own: it starts processes that have to end with it.
      detached: true,
      stdio: 'ignore',
      env,
    })
    return new Chromium(directory, child)
  }

  /** Resolves where it ends by itself. */
  async ended(): Promise<string> {
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, string | null]
    return `Chromium ended: ${signal ?? code ?? ''}`
  }

  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const exited = once(this.#child, 'exit')
      process.kill(-pid, 'SIGKILL')
      await exited
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }
}

const packed = (name: string): string =>
  join(dirname(require.resolve('@sparticuz/chromium')), '..', 'bin', `${name}.br`)

async function unpack(directory: string): Promise<string> {
  const program = join(directory, 'chromium')
  const file = createWriteStream(program, { mode: 0o700 })
  await pipeline(createReadStream(packed('chromium')), createBrotliDecompress(), file)
  return program
}

/** Where the machine lacks what Chromium is linked to, the package has that, too. */
function missingLibraries(program: string, directory: string): Record<string, string> {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return {}
  } catch {
    const archive = brotliDecompressSync(readFileSync(packed('al2023.tar')))
    execFileSync('tar', ['-x', '-C', directory], { input: archive })
    return { LD_LIBRARY_PATH: join(directory, 'lib') }
  }
}
