/** What outlives the process: the secret from which the wallet's addresses and keys are made. */
import { createHash, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WalletConfig } from './config.ts'
import { WalletError } from './failure.ts'

/** Names files after the account, so that wallets may share a state directory. */
export function accountName({ url, username }: WalletConfig): string {
  return createHash('sha256').update(`${url} ${username}`).digest('hex').slice(0, 16)
}

const SERVER_SECRET_BYTES = 32
const FILE = 'server-secret'

/**
 * 32 bytes, made at the first start; readable by this user alone. Whoever has it can pose as this receiver;
 * without it, the details that were given out before are void. @throws WalletError `local`
 */
export function loadServerSecret(directory: string): Uint8Array {
  const file = join(directory, FILE)
  let text: string
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    text = readIfThere(file) ?? writeOnce(file, randomBytes(SERVER_SECRET_BYTES).toString('base64url'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = `cannot keep state in ${directory}: ${code ?? message}; choose another place with HOURGLASS_STATE`
    throw new WalletError('local', why, { cause: error })
  }
  const secret = Buffer.from(text.trim(), 'base64url')
  if (secret.length === SERVER_SECRET_BYTES) return secret
  throw new WalletError(
    'local',
    `${file} holds no secret of ${SERVER_SECRET_BYTES} bytes: move it away, start again`,
  )
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Of two processes that start at once, one wins and both use its text. */
function writeOnce(file: string, text: string): string {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${text}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8')
}
