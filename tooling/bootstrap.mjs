// Installs everything with the pinned pnpm, then runs one package.json script:
//   node tooling/bootstrap.mjs <script> [arguments]
// Needs only Node 18 or newer and its npm. On Linux the install brings the
// project's own Node; elsewhere the machine's Node must be new enough.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { clearInterval, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'

/** How often a run looks whether whoever started it is still there. */
const ORPHAN_CHECK_MS = 500

const root = fileURLToPath(new URL('..', import.meta.url))
const { packageManager, engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
const [script, ...rest] = process.argv.slice(2)
if (script === undefined) fail('usage: node tooling/bootstrap.mjs <script> [arguments]')

process.env.npm_config_update_notifier = 'false'
process.env.DO_NOT_TRACK ??= '1' // turbo

if (!existsSync(`${root}/node_modules`)) console.error('Installing what this needs, once: a minute or less.')

// npx installs pnpm once and puts it on PATH, where turbo looks for it too.
const npx = ['--yes', '--prefer-offline', `--package=${packageManager}`, '--']
process.env.PATH = await run('npx', [...npx, 'node', '-p', 'process.env.PATH'], 'pipe')
await run('pnpm', ['install', '--silent'])
checkNode(await run('pnpm', ['exec', 'node', '-p', 'process.versions.node'], 'pipe'))
await run('pnpm', ['--silent', 'run', script, ...rest])

function checkNode(actual) {
  const [major, minor] = actual.split('.').map(Number)
  const [neededMajor, neededMinor] = engines.node.replace('>=', '').split('.').map(Number)
  if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
    fail(`Node ${engines.node} is needed, but this machine has ${actual}.`)
  }
}

/** Runs a command to its end; its failure, or a signal that ends it, ends this process too. */
async function run(command, args, stdout = 'inherit') {
  const child = spawn(command, args, {
    cwd: root,
    shell: process.platform === 'win32',
    stdio: ['inherit', stdout, 'inherit'],
  })
  const ignore = () => {} // Ctrl-C reaches the child by itself.
  const forward = (signal) => child.kill(signal)
  process.on('SIGINT', ignore).on('SIGTERM', forward).on('SIGHUP', forward)
  // npm's shell does not hand on a SIGTERM: it dies, and we are left without a parent.
  const parent = process.ppid
  const watch = setInterval(() => process.ppid !== parent && forward('SIGTERM'), ORPHAN_CHECK_MS)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => (output += text))
  const [status, signal] = await new Promise((resolve) => {
    child.on('error', (error) => fail(`could not run ${command}: ${error.message}`))
    child.on('close', (...end) => resolve(end))
  })
  clearInterval(watch)
  process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward)
  if (signal !== null) process.kill(process.pid, signal)
  if (status !== 0) process.exit(status ?? 1)
  return output.trim()
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
