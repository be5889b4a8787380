/**
 * The repository as tidy sees it: text files and the packages that they belong to. Tooling.
 * Nothing here reads a disk, so that a test can change a file and ask again.
 */
import { type Facts, readFacts } from './facts.ts'
import { type Room, roomOf } from './layers.ts'

/** One file: its path from the root, with `/`, and its text. */
export class SourceText {
  readonly path: string
  readonly text: string
  #facts: Facts | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  /** What its syntax tree says; read once, on demand. Only for files where `isCode` holds. */
  get facts(): Facts {
    return (this.#facts ??= readFacts(this.path, this.text))
  }

  get isCode(): boolean {
    return /\.[cm]?[jt]s$/.test(this.path)
  }

  /** Tests and what only they run: may use devDependencies. */
  get isTest(): boolean {
    return /\.test\.ts$|\/src\/testing\/|\/(?:test|bench)\/|\.config\.[cm]?[jt]s$/.test(this.path)
  }

  /** Line, counted from 1, where `needle` first stands; 1 where it does not. */
  lineOf(needle: string): number {
    const at = this.text.indexOf(needle)
    return at < 0 ? 1 : this.text.slice(0, at).split('\n').length
  }
}

export const DEPENDENCY_GROUPS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
] as const

export interface Manifest extends Partial<
  Record<(typeof DEPENDENCY_GROUPS)[number], Readonly<Record<string, string>>>
> {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly scripts?: Readonly<Record<string, string>>
}

export interface Package {
  /** Folder from the root: `packages/3-ilp/ilp`. */
  readonly directory: string
  readonly room: Room
  readonly manifestFile: SourceText
  readonly manifest: Manifest
  /** Its turbo tags: exactly one, as its folder says. */
  readonly tags: readonly string[]
  /** All its files. */
  readonly files: readonly SourceText[]
}

export interface Repo {
  readonly files: readonly SourceText[]
  readonly packages: readonly Package[]
  readonly packageByName: ReadonlyMap<string, Package>
}

/** Groups files into packages by the folders that the workspace names. */
export function buildRepo(files: readonly SourceText[]): Repo {
  const byDirectory = new Map<string, SourceText[]>()
  for (const file of files) {
    const directory = PACKAGE_FOLDER.exec(file.path)?.[0]
    if (directory === undefined) continue
    const group = byDirectory.get(directory)
    if (group === undefined) byDirectory.set(directory, [file])
    else group.push(file)
  }
  const packages = [...byDirectory].flatMap(([directory, own]) => buildPackage(directory, own) ?? [])
  return { files, packages, packageByName: new Map(packages.map((p) => [p.manifest.name, p])) }
}

function buildPackage(directory: string, files: readonly SourceText[]): Package | undefined {
  const manifestFile = files.find((file) => file.path === `${directory}/package.json`)
  const room = roomOf(directory)
  if (manifestFile === undefined || room === undefined) return undefined
  const turbo = files.find((file) => file.path === `${directory}/turbo.json`)
  const tags = turbo === undefined ? [] : ((JSON.parse(turbo.text) as { tags?: string[] }).tags ?? [])
  return { directory, room, manifestFile, manifest: JSON.parse(manifestFile.text) as Manifest, tags, files }
}

/** As `packages:` in pnpm-workspace.yaml has it. */
const PACKAGE_FOLDER = /^(?:packages\/[^/]+|apps|tooling)\/[^/]+(?=\/)/
