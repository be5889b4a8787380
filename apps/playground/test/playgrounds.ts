/**
 * The playground as a child process, as a terminal or a service would run it, and what it leaves behind.
 * It runs from its sources; the connectors and wallets that it starts are those that were built last.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const PROGRAM = ['--conditions=@hourglass/source', MAIN]

/** Runs a program in a terminal of its own; from util-linux. */
const TERMINAL = 'script'

/** Every process of the machine with its environment. */
const PS_OUTPUT_BYTES_MAX = 2 ** 26

/** How the playground ended. */
export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Playground {
  /** Resolves when it has said `text` after what was waited for before; rejects where it ends without. */
  says(text: string): Promise<void>
  /** Gives a command, or keys where it has a terminal. */
  type(text: string): void
  endInput(): void
  /** To the process alone, as an init system sends it. */
  signal(signal: NodeJS.Signals): void
  /** To the process group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void
  readonly ended: Promise<Outcome>
}

/** Playgrounds of one test; `clear` ends what is left and removes the files. */
export class Playgrounds {
  /** Temporary files of the programs. That it is in their environment tells whose they are. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'playground-test-'))

  /** With an open pipe as standard input. */
  start(...args: readonly string[]): Playground {
    return watch(this.#spawn(process.execPath, [...PROGRAM, ...args]))
  }

  /** With the null device as standard input. */
  startInBackground(): Playground {
    return watch(this.#spawn('sh', ['-c', 'exec "$@" </dev/null', 'sh', process.execPath, ...PROGRAM]))
  }

  /** Whether this machine has what `startInTerminal` needs; the program of that name elsewhere takes other options. */
  static hasTerminal(): boolean {
    return process.platform === 'linux' && spawnSync(TERMINAL, ['--version']).status === 0
  }

  /** In a terminal. */
  startInTerminal(): Playground {
    const command = [process.execPath, ...PROGRAM].map((word) => `'${word}'`).join(' ')
    return watch(this.#spawn(TERMINAL, ['-qec', `exec ${command}`, '/dev/null']))
  }

  /** Process id of the one program with `mark` on its command line. */
  pidOf(mark: string): number {
    const [found, ...others] = this.#processes().filter(({ command }) => command.includes(mark))
    if (found === undefined || others.length > 0) throw new Error(`not one process with ${mark}`)
    return found.pid
  }

  /** Command lines of all programs that run. */
  programs(): string[] {
    return this.#processes().map(({ command }) => command)
  }

  /** Temporary files and directories. */
  files(): string[] {
    return readdirSync(this.#directory)
  }

  clear(): void {
    for (const { pid } of this.#processes()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 })
  }

  #processes(): { readonly pid: number; readonly command: string }[] {
    const mark = ` TMPDIR=${this.#directory}`
    const list = execFileSync('ps', ['axeww', '-o', 'pid=,stat=,command='], {
      encoding: 'utf8',
      maxBuffer: PS_OUTPUT_BYTES_MAX,
    })
    return list
      .split('\n')
      .map((line) => /^ *(?<pid>\d+) +(?<state>\S+) +(?<command>.*)$/.exec(line)?.groups)
      .filter((row) => row !== undefined)
      .filter(({ state, command }) => state?.startsWith('Z') === false && command?.includes(mark))
      .map(({ pid, command = '' }) => ({
        pid: Number(pid),
        command: command.slice(0, command.indexOf(mark)),
      }))
  }

  #spawn(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(program, args, {
      env: { TMPDIR: this.#directory, PATH: process.env['PATH'] },
      // A group of its own, so that the group can be signalled without us.
      detached: true,
    })
  }
}

function watch(child: ChildProcessWithoutNullStreams): Playground {
  let stdout = ''
  let stderr = ''
  let heard = 0
  let look = (): void => undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
  return {
    ended,
    async says(text) {
      const found = new Promise<void>((resolve) => {
        look = () => {
          const at = stdout.indexOf(text, heard)
          if (at === -1) return
          look = () => undefined
          heard = at + text.length
          resolve()
        }
        look()
      })
      const early = ended.then((outcome) => {
        throw new Error(`it ended before it said "${text}": ${JSON.stringify(outcome)}`)
      })
      return Promise.race([found, early])
    },
    type: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    signal: (signal) => void child.kill(signal),
    signalGroup: (signal) => void process.kill(-child.pid!, signal),
  }
}
