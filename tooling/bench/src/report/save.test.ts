import { expect, it } from 'vitest'
import { replaceSection } from './save.ts'

const record = {
  bench: 'codec',
  commit: 'abc1234',
  date: '2026-01-02',
  command: 'npm run bench -- codec --save',
  machine: { cpu: 'A CPU', cores: 2, arch: 'x64', node: 'v24.0.0' },
  rows: [{ case: 'decode', subject: 'ours', metric: 'cpu', value: 12, unit: 'ns' }],
}

it('figures replace what stands between their marks and nothing else', () => {
  const page = '# Page\n\n<!-- bench:codec -->\nold\n<!-- /bench:codec -->\n\nprose\n'
  const replaced = replaceSection(page, record)
  expect(replaced).toContain(
    '`npm run bench -- codec --save` at abc1234 on 2026-01-02: A CPU, 2 cores, x64, Node v24.0.0.',
  )
  expect(replaced).toContain('| decode   | 12.0 |')
  expect(replaced).not.toContain('old')
  expect(replaced).toMatch(/^# Page\n[^]*\nprose\n$/)
  expect(replaceSection(replaced, record)).toBe(replaced)
})

it('a page without marks is refused, since the figures would be lost', () => {
  expect(() => replaceSection('# Page\n', record)).toThrow('no place')
})
