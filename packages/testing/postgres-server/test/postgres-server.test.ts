import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { startPostgres } from '@hourglass/postgres-server'
import { expect, it } from 'vitest'

/** PostgreSQL answers the question for TLS (length 8, code 80877103) with S or N. */
function askForTls(socket: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket, () => connection.write(Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)))
    connection.once('data', (answer) => {
      connection.destroy()
      resolve(String(answer))
    })
    connection.once('error', reject)
  })
}

it('answers, comes back after a crash, and leaves nothing behind', async () => {
  const server = await startPostgres()
  expect(await askForTls(server.socket)).toBe('N')
  await server.crash()
  await expect(askForTls(server.socket)).rejects.toThrow()
  await server.start()
  expect(await askForTls(server.socket)).toBe('N')
  await server.stop()
  await expect(askForTls(server.socket)).rejects.toThrow()
  expect(existsSync(server.socket)).toBe(false)
})
