/**
 * A real PostgreSQL server that never outlives this process. Testing.
 * It listens on a socket in a directory of its own, so that no port can be taken, and trusts whoever can reach it.
 */
import { type ChildProcess, type SpawnOptions, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { copyPrograms } from './program.ts'

export interface PostgresServer {
  /** Of the superuser's database: `postgres://…`. */
  readonly url: string
  /** Path of the socket behind `url`, for who would stand between. */
  readonly socket: string
  /** Kills the server (kill -9) and resolves when it is gone. */
  crash(): Promise<void>
  /** Starts it again after a crash. */
  start(): Promise<void>
  /** Ends the server and removes all that it held. */
  stop(): Promise<void>
}

/** Makes an empty database and a server for it; throws where it does not come up. */
export async function startPostgres(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  process.once('exit', remove)
  chmodSync(directory, 0o711)
  const programs = copyPrograms(directory)
  const data = makeOwn(join(directory, 'data'))
  const sockets = makeOwn(join(directory, 'socket'))
  await promisify(execFile)(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    { ...user, cwd: directory },
  )
  let server: ChildProcess | undefined
  const start = async (): Promise<void> => {
    server = await startServer(join(programs, 'postgres'), [
      '-D',
      data,
      '-k',
      sockets,
      '-c',
      'listen_addresses=',
    ])
  }
  await start()
  return {
    url: `postgres://postgres@${encodeURIComponent(sockets)}/postgres`,
    socket: join(sockets, '.s.PGSQL.5432'),
    start,
    async crash() {
      process.kill(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL')
      await release(server)
    },
    async stop() {
      await release(server)
      process.removeListener('exit', remove)
      remove()
    },
  }
}

/** `nobody`, for tests that run as root. */
const NOBODY = 65_534
const user: Pick<SpawnOptions, 'uid' | 'gid'> = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

function makeOwn(directory: string): string {
  mkdirSync(directory, { mode: 0o700 })
  if (user.uid !== undefined) chownSync(directory, NOBODY, NOBODY)
  return directory
}

/** Ends the server when its own standard input ends, as it does with this process, however that ends. */
const GUARD = '"$0" "$@" </dev/null & read -r _; kill -INT $!; wait $!'

const START_TRIES = 50

async function startServer(program: string, args: readonly string[]): Promise<ChildProcess> {
  let told = ''
  for (let attempt = 0; attempt < START_TRIES; attempt++) {
    const child = spawn('/bin/sh', ['-c', GUARD, program, ...args], {
      ...user,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C in a terminal must not end the guard before its work is done.
      detached: true,
    })
    told = ''
    for await (const chunk of child.stderr) {
      told += String(chunk)
      if (told.includes('ready to accept connections')) return unref(child)
      // What a killed server left behind is still letting go.
      if (told.includes('FATAL')) break
    }
    await release(child)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`PostgreSQL does not start: ${told}`)
}

/** From now on it keeps nobody's event loop alive. */
function unref(child: ChildProcess): ChildProcess {
  child.unref()
  // A pipe to a child is a socket underneath, which its type does not say.
  ;(child.stdin as Socket).unref()
  return child
}

async function release(server: ChildProcess | undefined): Promise<void> {
  if (server?.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.ref()
  server.stdin?.end()
  await gone
}
