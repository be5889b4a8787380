/** What a series of seeds is named after: the commit that is tested, so that a rerun repeats it. Testing. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Hex digits: enough to tell commits apart, short enough to type. */
const DIGITS = 10

/** Outside of a repository, the package's version. */
export function commitId(): string {
  try {
    const head = execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return head.slice(0, DIGITS)
  } catch {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    return `v${(JSON.parse(manifest) as { version: string }).version}`
  }
}
