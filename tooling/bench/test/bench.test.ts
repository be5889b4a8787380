/** The program itself, from sources, with measurements too short to mean anything. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { benchNames } from '../src/modules.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--conditions=@hourglass/source', main, ...args], { encoding: 'utf8' })
}

it('bench codec --json ends with one line that has a figure for every case of every subject', () => {
  const { status, stdout } = run('codec', '--json', '--ms', '20', '--rounds', '1')
  expect(status).toBe(0)
  const { bench, rows } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { bench: string; rows: object[] }
  expect(bench).toBe('codec')
  const number: unknown = expect.any(Number)
  for (const subject of ['hourglass', 'floor', 'ilp-packet']) {
    for (const name of ['decode', 'encode', 'decode+encode', 'rewrite']) {
      for (const dataBytes of [0, 100, 1000, 32_767]) {
        const row = {
          case: `${name} Prepare, ${dataBytes} B`,
          subject,
          metric: 'cpu',
          value: number,
          unit: 'ns',
        }
        expect(rows).toContainEqual(row)
      }
    }
  }
})

it.each([[['nothing-like-it']], [[]], [['codec', 'connector']]])(
  'bench %j names the benches and exits with 1',
  (args) => {
    const { status, stdout, stderr } = run(...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`benches: ${benchNames().join(', ')}\n`)
  },
)

it('bench refuses a number of rounds that is none', () => {
  const { status, stderr } = run('codec', '--rounds', 'many')
  expect([status, stderr]).toEqual([1, '--rounds wants a whole number above 0, not "many"\n'])
})
