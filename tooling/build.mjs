// Builds what a package and its dependencies need, and says nothing unless that fails:
//   node tooling/build.mjs @hourglass/playground
import { spawnSync } from 'node:child_process'

const [name] = process.argv.slice(2)
const turbo = spawnSync('turbo', ['run', 'build', `--filter=${name}...`, '--output-logs=errors-only'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
})
if (turbo.status !== 0) {
  console.error(turbo.error?.message ?? `${turbo.stdout}${turbo.stderr}`)
  process.exit(turbo.status ?? 1)
}
