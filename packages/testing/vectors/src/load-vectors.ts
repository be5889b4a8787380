/** Test vectors by file name. Testing. The data lie in `data/`; README.md says where they come from. */
import { readFileSync } from 'node:fs'

/** Reads `data/<name>`, such as `derived/oer.json`. The caller names the shape of what it holds. */
export function loadVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8'))
}
