/** Benches and subjects are files in folders: whoever adds one registers it nowhere. Tooling. */
import { readdirSync } from 'node:fs'
import { basename, extname } from 'node:path'

/** `.ts` from sources, `.js` as shipped: the same as this file. */
export const EXTENSION = extname(import.meta.filename)

/** URL of a module of this package, by its path below the source folder, without extension. */
export function moduleUrl(path: string): URL {
  return new URL(`./${path}${EXTENSION}`, import.meta.url)
}

export function benchNames(): string[] {
  return namesIn('benches')
}

/** Ours first, then the floor, then the peers. */
export function subjectNames(bench: string): string[] {
  const rank = (name: string): number => (name.startsWith('hourglass') ? 0 : name === 'floor' ? 1 : 2)
  return namesIn(`subjects/${bench}`).sort((a, b) => rank(a) - rank(b))
}

function namesIn(folder: string): string[] {
  return readdirSync(new URL(`./${folder}/`, import.meta.url))
    .filter((name) => extname(name) === EXTENSION && !/\.(?:test|d)\.ts$/.test(name))
    .map((name) => basename(name, EXTENSION))
    .sort()
}
