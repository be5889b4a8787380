/**
 * The wallet's config: a small YAML or JSON file, overridden by the environment.
 *
 *   link:  btp+ws://alice@127.0.0.1:7768     the wallet's connector          HOURGLASS_LINK
 *   token: { env: ALICE_TOKEN }              or { file: … }, or the text     HOURGLASS_TOKEN
 *   state: ./state                           relative to the file            HOURGLASS_STATE
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { decodeBtpUrl } from '@hourglass/link-btp/io'
import { parse } from 'yaml'
import { z } from 'zod'

/** A config that cannot be used: the message says where, what, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface WalletConfig {
  /** Where the wallet's connector listens: `ws://host:port/`. */
  readonly url: string
  readonly username: string
  readonly token: string
  /** Directory of what outlives the process: the secret behind the wallet's addresses. */
  readonly state: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A secret is named by environment variable or file, or written out where the file is private enough. */
const secret = z.union(
  [
    z.string().min(1),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
  ],
  { error: 'must be text, { env: NAME } or { file: PATH }' },
)

const schema = z.strictObject({
  link: z.string().min(1).optional(),
  token: secret.optional(),
  state: z.string().min(1).optional(),
})

type Fields = z.output<typeof schema>

/** Where the config is looked for without `--config`. */
export function defaultConfigFile(environment: Environment): string {
  const root = environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
  return join(root, 'hourglass', 'wallet.yaml')
}

/** Without a file the default one is read, and may be missing. @throws ConfigError */
export function loadConfig(file: string | undefined, environment: Environment): WalletConfig {
  const path = file ?? defaultConfigFile(environment)
  const text = readText(path, file === undefined)
  const fields = text === undefined ? {} : checkFields(parseText(text, path), path)
  return combine(fields, path, environment)
}

function readText(path: string, mayBeMissing: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(`cannot read the config file ${path}: ${readFault(error)}`, { cause: error })
  }
}

function parseText(text: string, path: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    const [firstLine = ''] = (error as Error).message.split('\n')
    throw new ConfigError(`${path} is neither YAML nor JSON: ${firstLine.replace(/:$/, '')}`, {
      cause: error,
    })
  }
}

function checkFields(value: unknown, path: string): Fields {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    const place = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
    return `${place}${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`
  })
  throw new ConfigError(`${path} is no wallet config: ${faults.join('; ')}; it holds link, token and state`)
}

function combine(fields: Fields, path: string, environment: Environment): WalletConfig {
  const link = environment['HOURGLASS_LINK'] ?? fields.link
  if (link === undefined) {
    throw new ConfigError(
      `no connector is configured: write "link: btp+ws://user@host:port" into ${path}, or set HOURGLASS_LINK`,
    )
  }
  const { url, username, token: linkToken } = decodeLink(link)
  const token = environment['HOURGLASS_TOKEN'] ?? readSecret(fields.token, path, environment) ?? linkToken
  if (token === '') {
    throw new ConfigError(
      `the link has no token: write "token: { env: NAME }" into ${path}, or set HOURGLASS_TOKEN`,
    )
  }
  const state = environment['HOURGLASS_STATE'] ?? (fields.state && resolve(dirname(path), fields.state))
  return { url, username, token, state: state ?? defaultState(environment) }
}

function decodeLink(link: string): ReturnType<typeof decodeBtpUrl> {
  try {
    return decodeBtpUrl(link)
  } catch (error) {
    // Never the link itself: it may hold the token.
    throw new ConfigError('the link is no btp+ws:// or btp+wss:// URL: write btp+ws://user@host:port', {
      cause: error,
    })
  }
}

function defaultState(environment: Environment): string {
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'hourglass')
}

function readSecret(value: Fields['token'], path: string, environment: Environment): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  if ('env' in value) {
    const found = environment[value.env]
    if (found !== undefined && found !== '') return found
    throw new ConfigError(`${path} takes the token from the environment variable ${value.env}: set it`)
  }
  const file = resolve(dirname(path), value.file)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`cannot read the token file ${file}: ${readFault(error)}`, { cause: error })
  }
}

function readFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'it may not be read by this user'
    case 'EISDIR':
      return 'it is a directory'
    default:
      return message
  }
}
