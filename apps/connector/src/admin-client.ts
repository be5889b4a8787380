/** What the commands ask a running node over its admin server. */
import { type Config, ConfigError } from './config.ts'
import { StartError } from './start-error.ts'

/** @throws ConfigError that names the command */
export function adminUrl({ admin }: Pick<Config, 'admin'>, command: string): string {
  if (admin === undefined || admin.port === 0) {
    throw new ConfigError(`${command} talks to the running node: give the config "admin: { port: … }"`)
  }
  return `http://${admin.host}:${admin.port}`
}

/** Asks, or with an order has something done. @throws StartError */
export async function ask(url: string, order?: object): Promise<unknown> {
  const init =
    order === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(order) }
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    throw new StartError(`no connector answers at ${new URL(url).host}: start it first`, { cause: error })
  }
  const answer: unknown = await response.json()
  if (!response.ok) throw new StartError((answer as { message: string }).message)
  return answer
}
