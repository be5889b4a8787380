/** Layers: which package may depend on which, by manifest and by import. Tooling. */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import type { ImportFact } from '../facts.ts'
import { edgeFault, isLayer } from '../layers.ts'
import { DEPENDENCY_GROUPS, type Package, type Repo, type SourceText } from '../repo.ts'
import type { Violation } from '../violation.ts'

const SCOPE = '@hourglass/'
/** What a package may export beside its root. */
const SUBPATHS = new Set(['io', 'web', 'testing', 'noble', 'package.json'])

export function checkEdges(repo: Repo): Violation[] {
  return [
    ...repo.packages.flatMap((from) => [
      ...DEPENDENCY_GROUPS.flatMap((group) => checkGroup(repo, from, group)),
      ...from.files.filter((file) => file.isCode).flatMap((file) => checkImports(repo, from, file)),
    ]),
    ...checkRoot(repo),
  ]
}

/** turbo counts the root's dependencies as every package's, so the root has none of ours. */
function checkRoot(repo: Repo): Violation[] {
  const file = repo.files.find(({ path }) => path === 'package.json')
  if (file === undefined) return []
  return [...repo.packageByName.keys()]
    .filter((name) => file.text.includes(`"${name}": "workspace:`))
    .map((name) =>
      violation(file, file.lineOf(`"${name}"`), 'root-dependency', `the root depends on ${name}`),
    )
}

function checkGroup(repo: Repo, from: Package, group: (typeof DEPENDENCY_GROUPS)[number]): Violation[] {
  const file = from.manifestFile
  return Object.entries(from.manifest[group] ?? {}).flatMap(([name, range]) => {
    const at = file.lineOf(`"${name}":`)
    const to = repo.packageByName.get(name)
    const wanted = to === undefined ? 'catalog:' : 'workspace:^'
    const found: Violation[] = []
    if (range !== wanted) {
      found.push(violation(file, at, 'dependency-range', `${name} is "${range}"; write "${wanted}"`))
    }
    if (to === undefined) return found
    const fault = edgeFault(end(from), end(to))
    if (fault !== undefined) found.push(violation(file, at, fault.rule, fault.message))
    if (isFixture(to) && isLayer(from.room) && group !== 'devDependencies') {
      found.push(
        violation(file, at, 'fixture-import', `${name} is a fixture: a devDependency, never in ${group}`),
      )
    }
    return found
  })
}

/** They load what an operator has installed, which is no part of the repository. */
const LOADERS = new Set(['packages/2-link/plugin/src/io/load.ts'])

function checkImports(repo: Repo, from: Package, file: SourceText): Violation[] {
  return file.facts.imports.flatMap((fact) => {
    const { specifier, line } = fact
    if (specifier === undefined) {
      if (!isLayer(from.room) || file.isTest || fact.kind === 'url' || LOADERS.has(file.path)) return []
      return [violation(file, line, 'opaque-import', 'a computed import hides where it points; write it out')]
    }
    if (specifier.startsWith('.')) return checkRelative(from, file, fact)
    if (fact.kind === 'url' || isBuiltin(specifier)) return []
    return checkBare(repo, from, file, fact)
  })
}

function checkRelative(
  from: Package,
  file: SourceText,
  { specifier = '', line, kind }: ImportFact,
): Violation[] {
  if (kind === 'url' && from.room.label === 'tooling/') return []
  const target = posix.join(posix.dirname(file.path), specifier)
  if (target === from.directory || target.startsWith(`${from.directory}/`)) return []
  return [
    violation(
      file,
      line,
      'deep-import',
      `${specifier} leaves the package; import a package by its name and exports`,
    ),
  ]
}

function checkBare(repo: Repo, from: Package, file: SourceText, fact: ImportFact): Violation[] {
  const { specifier = '', line } = fact
  const parts = specifier.split('/')
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  const subpath = parts.slice(name.split('/').length).join('/')
  const found: Violation[] = []
  const add = (rule: string, message: string): unknown => found.push(violation(file, line, rule, message))
  const to = repo.packageByName.get(name)

  // An app's doors are what its package.json exports; Node itself keeps the others shut.
  if (name.startsWith(SCOPE) && to?.room.label !== 'apps/' && subpath !== '' && !SUBPATHS.has(subpath)) {
    add(
      'deep-import',
      `${specifier} reaches into a package; its doors are its name, /io, /web, /testing and /noble`,
    )
  }
  if (subpath === 'testing' && isLayer(from.room) && !file.isTest) {
    add('testing-import', `${specifier} is for tests; this file ships`)
  }
  if (name === from.manifest.name) return found
  if (!isDeclared(from, name, file.isTest)) {
    const where = file.isTest ? 'package.json' : 'dependencies of package.json, and this file ships'
    add('undeclared-import', `${name} is not in the ${where}`)
  }
  if (to === undefined) return found
  const fault = edgeFault(end(from), end(to))
  if (fault !== undefined) add(fault.rule, fault.message)
  if (isFixture(to) && isLayer(from.room) && !file.isTest) {
    add('fixture-import', `${name} is a fixture for tests; this file ships`)
  }
  return found
}

function isDeclared({ manifest }: Package, name: string, isTest: boolean): boolean {
  return DEPENDENCY_GROUPS.some(
    (group) => (group !== 'devDependencies' || isTest) && manifest[group]?.[name] !== undefined,
  )
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

function isFixture({ tags }: Package): boolean {
  return tags.includes('fixture')
}

function end(p: Package): Parameters<typeof edgeFault>[0] {
  return { name: p.manifest.name, room: p.room, isFixture: isFixture(p) }
}

function violation({ path }: SourceText, line: number, rule: string, message: string): Violation {
  return { path, line, rule, message, anchor: 'layers' }
}
