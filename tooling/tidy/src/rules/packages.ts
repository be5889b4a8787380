/** Packages: each one is named, tagged, described and built like the others. Tooling. */
import type { Package, Repo, SourceText } from '../repo.ts'
import type { Violation } from '../violation.ts'

/** Names that say nothing, and so collect everything. */
const EMPTY_NAMES = new Set(['utils', 'util', 'common', 'core', 'types', 'shared', 'helpers', 'misc', 'lib'])
const EXPORTS = new Set(['.', './io', './testing', './noble', './web', './package.json'])
/** What a published package runs; turbo finds the tasks by these names. */
const SCRIPTS: Readonly<Record<string, string>> = {
  build: 'tsc -p tsconfig.build.json',
  publint: 'publint --strict',
  attw: 'attw --pack --profile esm-only --format ascii --quiet',
}

export function checkPackages(repo: Repo): Violation[] {
  return repo.packages.flatMap((p) => [
    ...checkName(p),
    ...checkTags(p),
    ...checkReadme(p),
    ...checkScripts(p),
    ...checkExports(p),
    ...checkIndex(p),
  ])
}

function checkName({ directory, room, manifest, manifestFile }: Package): Violation[] {
  const folder = directory.slice(directory.lastIndexOf('/') + 1)
  const line = manifestFile.lineOf('"name"')
  if (EMPTY_NAMES.has(folder)) {
    return [
      violation(manifestFile, line, 'package-name', `${folder} names nothing; say what the package does`),
    ]
  }
  const allowed = [`@hourglass/${folder}`, ...(room.tags.includes('app') ? [`@hourglass/${folder}-app`] : [])]
  if (allowed.includes(manifest.name)) return []
  return [
    violation(
      manifestFile,
      line,
      'package-name',
      `${manifest.name}; its folder asks for ${allowed.join(' or ')}`,
    ),
  ]
}

function checkTags({ directory, room, tags, files, manifestFile }: Package): Violation[] {
  const [tag = ''] = tags
  if (tags.length === 1 && room.tags.includes(tag)) return []
  const file = files.find(({ path }) => path === `${directory}/turbo.json`) ?? manifestFile
  const has = tags.length === 0 ? 'no tag' : `tags ${tags.join(', ')}`
  const message = `${has} in turbo.json; ${directory} is tagged ${room.tags.join(' or ')}, and nothing else`
  return [violation(file, file.lineOf('"tags"'), 'turbo-tag', message)]
}

function checkReadme({ directory, files, manifestFile }: Package): Violation[] {
  if (files.some(({ path }) => path === `${directory}/README.md`)) return []
  return [
    violation(
      manifestFile,
      1,
      'readme',
      `${directory} has no README.md: what it is, its spec, "add yours here"`,
    ),
  ]
}

function checkScripts({ directory, manifest, manifestFile, files }: Package): Violation[] {
  const hasSources = files.some(({ path }) => path.startsWith(`${directory}/src/`))
  const wanted = Object.entries(SCRIPTS).filter(([name]) =>
    name === 'build' ? hasSources : manifest.private !== true,
  )
  return wanted.flatMap(([name, command]) => {
    const script = manifest.scripts?.[name]
    if (script === command || (name === 'build' && script?.startsWith(`${command} && `) === true)) return []
    const line = manifestFile.lineOf('"scripts"')
    return [violation(manifestFile, line, 'standard-scripts', `script ${name} is not "${command}"`)]
  })
}

function checkExports({ room, manifest, manifestFile }: Package): Violation[] {
  if (room.tags.includes('app')) return []
  return Object.keys(manifest.exports ?? {})
    .filter((subpath) => !EXPORTS.has(subpath))
    .map((subpath) => {
      const message = `${subpath} is exported; the doors of a package are its name, ./io, ./web, ./testing and ./noble`
      return violation(manifestFile, manifestFile.lineOf(`"${subpath}"`), 'package-exports', message)
    })
}

function checkIndex({ directory, files }: Package): Violation[] {
  const index = files.find(({ path }) => path === `${directory}/src/index.ts`)
  if (index === undefined) return []
  return index.facts.otherThanExports.map(({ name, line }) =>
    violation(
      index,
      line,
      'index-exports',
      `${name}; src/index.ts holds export { … } from lines and nothing else`,
    ),
  )
}

function violation({ path }: SourceText, line: number, rule: string, message: string): Violation {
  return { path, line, rule, message, anchor: 'packages' }
}
