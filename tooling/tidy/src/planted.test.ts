/**
 * Every rule, proven on the repository itself: one violation is planted in a copy (in memory) of the real
 * files, and tidy must name the rule and the place.
 */
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { readFiles } from './read-files.ts'
import { buildRepo, SourceText } from './repo.ts'
import { checkRepo } from './tidy.ts'
import { ANCHORS, formatViolation } from './violation.ts'

const files = readFiles(fileURLToPath(new URL('../../..', import.meta.url)))
const before = new Set(printed(files))

const LEDGER = 'packages/1-ledger/ledger'
const LEDGER_EVM = 'packages/1-ledger/ledger-evm'
const BTP = 'packages/2-link/link-btp'
const CONNECTOR = 'packages/3-ilp/connector'

function printed(all: readonly SourceText[]): string[] {
  return checkRepo(buildRepo(all)).map(formatViolation)
}

/** What tidy says with `text` at `path` that it does not say without. */
function plant(path: string, text: string): string[] {
  const others = files.filter((file) => file.path !== path)
  return printed([...others, new SourceText(path, text)]).filter((line) => !before.has(line))
}

/** The text of a real file. */
function textOf(path: string): string {
  const file = files.find((f) => f.path === path)
  if (file === undefined) throw new Error(`no file ${path}`)
  return file.text
}

/** A real package.json with `name` added to `group`. */
function withDependency(directory: string, group: string, name: string, range = 'workspace:^'): string {
  const manifest = JSON.parse(textOf(`${directory}/package.json`)) as Record<string, Record<string, string>>
  manifest[group] = { ...manifest[group], [name]: range }
  return JSON.stringify(manifest, undefined, 2)
}

it.each(ANCHORS)('every message leads to a section of the architecture page: %s', (anchor) => {
  const heading = `## ${anchor[0]!.toUpperCase()}${anchor.slice(1)}\n`
  expect(textOf('docs/ARCHITECTURE.md')).toContain(heading)
})

function expectRule(lines: readonly string[], rule: string, place: string): void {
  expect(
    lines.some((line) => line.startsWith(place) && line.includes(`  ${rule}: `)),
    lines.join('\n'),
  ).toBe(true)
  for (const line of lines) expect(line).toMatch(/^\S+:\d+ {2}[a-z-]+: .+ \(docs\/ARCHITECTURE\.md#[a-z]+\)$/)
}

const IMPORT_FORMS = [
  ['static', `import { x } from 'NAME'\nexport const y = x`],
  ['type-only', `import type { X } from 'NAME'\nexport type Y = X`],
  ['inline type', `import { type X } from 'NAME'\nexport type Y = X`],
  ['side-effect', `import 'NAME'`],
  ['re-export', `export { x } from 'NAME'`],
  ['star re-export', `export * from 'NAME'`],
  ['dynamic import()', `export const x = import('NAME')`],
  ['import() type', `export type X = import('NAME').X`],
  ['typeof import()', `export type X = typeof import('NAME')`],
  ['require', `export const x = require('NAME')`],
  ['createRequire()()', `export const x = createRequire(import.meta.url)('NAME')`],
  ['named createRequire', `const load = createRequire(import.meta.url)\nexport const x = load('NAME')`],
  ['require.resolve', `export const x = createRequire(import.meta.url).resolve('NAME')`],
  ['import.meta.resolve', `export const x = import.meta.resolve('NAME')`],
  ['module augmentation', `declare module 'NAME' {}`],
  ['reference types', `/// <reference types="NAME" />\nexport const x = 1`],
] as const

const source = (form: string, name: string): string => `${form.replaceAll('NAME', name)}\n`

it.each(IMPORT_FORMS)('layers: an upward import is found in every form: %s', (_, form) => {
  const lines = plant(`${LEDGER}/src/planted.ts`, source(form, '@hourglass/link'))
  expectRule(lines, 'upward-import', `${LEDGER}/src/planted.ts:`)
  expectRule(lines, 'undeclared-import', `${LEDGER}/src/planted.ts:`)
})

it.each(IMPORT_FORMS)('layers: an import that package.json does not declare is found: %s', (_, form) => {
  expectRule(
    plant(`${LEDGER}/src/planted.ts`, source(form, 'ws')),
    'undeclared-import',
    `${LEDGER}/src/planted.ts:`,
  )
})

it.each(['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'])(
  'layers: an upward edge in %s is found, imported or not',
  (group) => {
    const lines = plant(`${LEDGER}/package.json`, withDependency(LEDGER, group, '@hourglass/link'))
    expectRule(lines, 'upward-import', `${LEDGER}/package.json:`)
  },
)

it.each([
  ['upward-import', LEDGER_EVM, '@hourglass/connector-app', 'an app'],
  ['upward-import', CONNECTOR, '@hourglass/interop', 'a package of packages/testing that is no fixture'],
  ['upward-import', 'apps/wallet', '@hourglass/interop', 'a test package, by an app'],
  ['upward-import', 'packages/testing/interop', '@hourglass/tidy', 'tooling, by testing'],
  ['non-face-import', CONNECTOR, '@hourglass/link-btp', 'a non-face package of a lower layer'],
  ['non-face-import', BTP, '@hourglass/ledger-evm', 'a non-face package of a lower layer'],
  ['same-layer-import', LEDGER, '@hourglass/ledger-evm', "the face's own layer"],
  ['same-layer-import', BTP, '@hourglass/channel', 'a sibling'],
  ['fixture-import', BTP, '@hourglass/vectors', 'a fixture in dependencies'],
  ['fixture-import', 'packages/testing/vectors', '@hourglass/oer', 'a fixture that imports'],
])('layers: %s is found in package.json and in sources (%s to %s)', (rule, directory, name) => {
  const manifest = `${directory}/package.json`
  expectRule(plant(manifest, withDependency(directory, 'dependencies', name)), rule, `${manifest}:`)
  const planted = `${directory}/src/planted.ts`
  expectRule(plant(planted, source(IMPORT_FORMS[0][1], name)), rule, `${planted}:1`)
})

it.each([
  ['a subpath', `import { x } from '@hourglass/sansio/src/queue.ts'`],
  ['a dist file', `import { x } from '@hourglass/sansio/dist/queue.js'`],
  ['a relative path into a lower package', `import { x } from '../../../0-base/sansio/src/queue.ts'`],
  ['a relative path into an upper package', `export type X = import('../../../3-ilp/ilp/src/index.ts').X`],
  ['a relative path into a sibling', `export { x } from '../../ledger-evm/src/index.ts'`],
  ['a relative require', `export const x = createRequire(import.meta.url)('../../../../package.json')`],
  ['a reference path', `/// <reference path="../../ledger-evm/src/index.ts" />`],
  [
    'a file read by URL',
    `export const x = new URL('../../../testing/vectors/data/oer.json', import.meta.url)`,
  ],
])('layers: a deep import is found: %s', (_, text) => {
  expectRule(plant(`${LEDGER}/src/planted.ts`, `${text}\n`), 'deep-import', `${LEDGER}/src/planted.ts:1`)
})

it('layers: a computed import is refused, since nobody can tell where it points', () => {
  const text = `export const load = (name: string): unknown => import(name)\n`
  expectRule(plant(`${LEDGER}/src/io/planted.ts`, text), 'opaque-import', `${LEDGER}/src/io/planted.ts:1`)
})

it('layers: what ships uses no devDependency and no testing door; tests may', () => {
  const text = `import { fc } from 'fast-check'\nimport { s } from '@hourglass/ledger/testing'\nfc(s)\n`
  const shipped = plant(`${LEDGER_EVM}/src/io/planted.ts`, text)
  expectRule(shipped, 'undeclared-import', `${LEDGER_EVM}/src/io/planted.ts:1`)
  expectRule(shipped, 'testing-import', `${LEDGER_EVM}/src/io/planted.ts:2`)
  expect(plant(`${LEDGER_EVM}/src/planted.test.ts`, text)).toEqual([])
})

it('layers: a fixture serves tests and nothing that ships', () => {
  const text = `import { x } from '@hourglass/evm-devchain'\nexport const y = x\n`
  expectRule(
    plant(`${LEDGER_EVM}/src/io/planted.ts`, text),
    'fixture-import',
    `${LEDGER_EVM}/src/io/planted.ts:1`,
  )
  expect(plant(`${LEDGER_EVM}/test/planted.test.ts`, text)).toEqual([])
})

it.each([
  ['@hourglass/sansio', '*'],
  ['@hourglass/sansio', 'link:../../0-base/sansio'],
  ['fast-check', '^4.0.0'],
])('layers: the range of %s may not be %s', (name, range) => {
  const lines = plant(`${LEDGER}/package.json`, withDependency(LEDGER, 'dependencies', name, range))
  expectRule(lines, 'dependency-range', `${LEDGER}/package.json:`)
})

it('layers: the root depends on no package of ours', () => {
  const text = textOf('package.json').replace(
    '"devDependencies": {',
    '"devDependencies": { "@hourglass/oer": "workspace:^",',
  )
  expectRule(plant('package.json', text), 'root-dependency', 'package.json:')
})

it.each([['"ledger"'], ['"ledger-face", "ledger"'], ['']])(
  'packages: a turbo tag must fit the folder: [%s]',
  (tags) => {
    const text = `{ "extends": ["//"], "tags": [${tags}] }`
    expectRule(plant(`${LEDGER}/turbo.json`, text), 'turbo-tag', `${LEDGER}/turbo.json:1`)
  },
)

it.each([
  ['the clock', 'export const x = Date.now()', 'Date.now'],
  ['the clock', 'export const x = new Date()', 'new Date()'],
  ['the clock', 'export const x = performance.now()', 'performance'],
  ['chance', 'export const x = Math.random()', 'Math.random'],
  ['a promise', 'export const x = Promise.resolve(1)', 'Promise'],
  ['a promise', 'export const x = (): unknown => new Promise(() => undefined)', 'Promise'],
  ['an async function', 'export async function x() {}', 'async'],
  ['an async arrow', 'export const x = async () => 1', 'async'],
  ['await', 'export const x = await y', 'await'],
  ['for await', 'for await (const x of y) z(x)', 'await'],
  ['import()', `export const x = import('./machine.ts')`, 'import()'],
  ['Buffer', 'export const x = Buffer.alloc(1)', 'Buffer'],
  ['Buffer, inherited', 'export class X extends Buffer {}', 'Buffer'],
  ['a timer', 'setTimeout(() => undefined, 1)', 'setTimeout'],
  ['the console', `console.log('x')`, 'console'],
  ['the process', 'export const x = process.env', 'process'],
  ['globalThis', `export const x = globalThis['Date']`, 'globalThis'],
  ['TextEncoder', 'export const x = new TextEncoder()', 'TextEncoder'],
  ['the locale', 'export const x = (1).toLocaleString()', 'toLocaleString'],
])('purity: protocol code may not use %s: %s', (_, text, name) => {
  const path = 'packages/0-base/sansio/src/planted.ts'
  const lines = plant(path, `${text}\n`)
  expectRule(lines, 'impure', `${path}:1`)
  expect(lines.join('\n')).toContain(`impure: ${name} in`)
})

it.each([
  'node:fs',
  'fs',
  'ws',
  'viem',
  '@hourglass/sansio/io',
  '@hourglass/sansio/web',
  './io/planted.ts',
  './testing/planted.ts',
])('purity: protocol code may not import %s; io/ and tests may', (name) => {
  const text = source(IMPORT_FORMS[0][1], name)
  expectRule(plant(`${LEDGER_EVM}/src/planted.ts`, text), 'impure-import', `${LEDGER_EVM}/src/planted.ts:1`)
  for (const path of [`${LEDGER_EVM}/src/io/planted.ts`, `${LEDGER_EVM}/src/planted.test.ts`]) {
    expect(plant(path, text).filter((line) => line.includes('impure'))).toEqual([])
  }
})

it('purity: comments, strings, types, members and own names of that spelling are no use of the world', () => {
  const text = [
    '/** Promise, process.env and await in a comment. */',
    `export const text = 'Date.now() console.log process'`,
    'export interface Later { readonly process: number; readonly answer: Promise<number> }',
    'export function f(process: { Buffer: number }): number {',
    '  return process.Buffer + new Date(5).getTime()',
    '}',
    '',
  ]
  expect(plant('packages/0-base/sansio/src/planted.ts', text.join('\n'))).toEqual([])
})

it('sizes: long files, functions, lines and parameter lists are found; generated files are exempt', () => {
  const body = '  f()\n'.repeat(70)
  const cases = [
    ['file-lines', '// x\n'.repeat(401)],
    ['function-lines', `export function f(): void {\n${body}}\n`],
    ['line-width', `// ${'x'.repeat(120)}\n`],
    ['parameters', 'export type F = (a: 1, b: 2, c: 3, d: 4, e: 5) => void\n'],
  ] as const
  for (const [rule, text] of cases) {
    expectRule(plant(`${LEDGER}/src/planted.ts`, text), rule, `${LEDGER}/src/planted.ts:`)
  }
  expect(plant(`${LEDGER}/src/planted.generated.ts`, '// x\n'.repeat(401))).toEqual([])
})

it('sizes: the tests inside a suite are not lines of the suite', () => {
  const one = `  it('x', () => {\n${'    f()\n'.repeat(30)}  })\n`
  expect(
    plant(`${LEDGER}/src/testing/planted.ts`, `export function suite(): void {\n${one.repeat(4)}}\n`),
  ).toEqual([])
})

it('packages: a package has a telling name, a README, the standard scripts and the five doors', () => {
  const manifest = { name: '@hourglass/utils', exports: { './inner': './src/inner.ts' }, scripts: {} }
  const path = 'packages/2-link/utils/package.json'
  const lines = plant(path, JSON.stringify(manifest, undefined, 2))
  for (const rule of ['package-name', 'readme', 'standard-scripts', 'package-exports', 'turbo-tag']) {
    expectRule(lines, rule, path)
  }
})

it('packages: the npm name is the name of the folder', () => {
  const path = `${LEDGER}/package.json`
  expectRule(plant(path, textOf(path).replace('@hourglass/ledger"', '@hourglass/l1"')), 'package-name', path)
})

it.each([`export * from './ledger.ts'`, 'export const x = 1', `import './ledger.ts'`, 'export default 1'])(
  'packages: src/index.ts holds named exports only, not: %s',
  (text) => {
    expectRule(plant(`${LEDGER}/src/index.ts`, `${text}\n`), 'index-exports', `${LEDGER}/src/index.ts:1`)
  },
)

it.each([
  `it.only('x', f)`,
  `describe.skip('x', f)`,
  `it.todo('x')`,
  `xit('x', f)`,
  `it('x', { skip: true }, f)`,
])('tests: none is switched off: %s', (text) => {
  expectRule(
    plant(`${LEDGER}/src/planted.test.ts`, `${text}\n`),
    'switched-off-test',
    `${LEDGER}/src/planted.test.ts:1`,
  )
})

it.each([`vi.mock('./ledger.ts')`, 'vi.useFakeTimers()', `vi.stubGlobal('fetch', f)`])(
  'tests: no mocks: %s',
  (text) => {
    expectRule(plant(`${LEDGER}/src/planted.test.ts`, `${text}\n`), 'mock', `${LEDGER}/src/planted.test.ts:1`)
  },
)

it.each([
  ['machine-path', ['see /home', 'alice', 'notes'].join('/')],
  ['unfinished', `// ${['TO', 'DO'].join('')}: later`],
  ['boundaries-ignore', ['// @boundaries', 'ignore'].join('-')],
  ['broken-link', 'see [the plan](nowhere.md)'],
])('text: %s is found', (rule, text) => {
  expectRule(plant('docs/planted.md', `first line\n${text}\n`), rule, 'docs/planted.md:2')
})

it('text: web addresses, links within a page and links that lead somewhere are fine', () => {
  const text =
    'https://example.org/home/alice and [here](#layers) and [a package](../packages/1-ledger/ledger/src/index.ts)\n'
  expect(plant('docs/planted.md', text)).toEqual([])
})
