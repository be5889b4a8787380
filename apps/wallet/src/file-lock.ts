/** A lock on a file that no two processes hold, and that ends with its process, however that ends. */
import { DatabaseSync } from 'node:sqlite'

/** SQLite's file lock is the one that Node has. Releases it when called; undefined: another process has it. */
export function tryLock(file: string): (() => void) | undefined {
  const database = new DatabaseSync(file)
  try {
    database.exec('BEGIN EXCLUSIVE')
    return () => database.close()
  } catch {
    database.close()
    return undefined
  }
}
