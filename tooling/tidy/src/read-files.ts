/** Reads the repository's text files. Tooling, io. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SourceText } from './repo.ts'

/** What is built, installed or kept by a tool. */
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo', '.cache', 'pnpm-lock.yaml'])
const TEXT = /\.(?:[cm]?[jt]sx?|json|md|ya?ml|sol|html|css|sh)$|\/run$/

/** All text files under `root` that people write, with paths from there. */
export function readFiles(root: string, directory = ''): SourceText[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`
    if (entry.isDirectory()) return readFiles(root, path)
    return entry.isFile() && TEXT.test(path)
      ? [new SourceText(path, readFileSync(join(root, path), 'utf8'))]
      : []
  })
}
