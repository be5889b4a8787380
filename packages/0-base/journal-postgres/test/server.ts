/** The server that the tests use: one from npm, or the one that HOURGLASS_TEST_POSTGRES names by its URL. */
import { startPostgres } from '@hourglass/postgres-server'

/** A server that is not ours is not killed. */
export const mayCrash: boolean = process.env['HOURGLASS_TEST_POSTGRES'] === undefined

export async function findServer(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env['HOURGLASS_TEST_POSTGRES']
  if (url === undefined) return startPostgres()
  return { url, stop: () => Promise.resolve() }
}
