/** Asks the programs of this world over HTTP. */
import { ChildError } from './processes.ts'

/** The JSON that `who` answers. @throws ChildError where it does not answer */
export async function ask(who: string, url: string, init: RequestInit = {}): Promise<unknown> {
  try {
    const response = await fetch(url, init)
    return await response.json()
  } catch (error) {
    const { cause = error } = error as Error
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ChildError(`${who} does not answer at ${url}: ${reason}`, { cause: error })
  }
}
