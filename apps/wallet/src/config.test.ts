import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError, defaultConfigFile, loadConfig } from './config.ts'

const directory = mkdtempSync(join(tmpdir(), 'hourglass-config-'))

afterAll(() => rmSync(directory, { recursive: true }))

function write(content: string): string {
  const file = join(directory, 'wallet.yaml')
  writeFileSync(file, content)
  return file
}

function messageOf(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).message
  }
  throw new Error('the config was taken')
}

const home = { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory }

describe('loadConfig', () => {
  it('reads YAML, and takes the state directory as relative to the file', () => {
    const file = write('link: btp+ws://alice@host:7768\ntoken: "s:e/c"\nstate: ./there\n')
    expect(loadConfig(file, {})).toEqual({
      url: 'ws://host:7768/',
      username: 'alice',
      token: 's:e/c',
      state: join(directory, 'there'),
    })
  })

  it('reads JSON, and takes the token out of the link', () => {
    const file = write('{"link":"btp+ws://alice:s%3Ae@host:7768"}')
    expect(loadConfig(file, home)).toMatchObject({ token: 's:e', state: join(directory, 'hourglass') })
  })

  it('takes the token from a file or the environment, so that it stands in no config', () => {
    writeFileSync(join(directory, 'token'), 'from-file\n')
    const link = 'link: btp+ws://alice@host\n'
    expect(loadConfig(write(`${link}token: { file: token }`), {}).token).toBe('from-file')
    expect(loadConfig(write(`${link}token: { env: TOKEN }`), { TOKEN: 'from-env' }).token).toBe('from-env')
  })

  it('lets the environment override the file', () => {
    const file = write('link: btp+ws://a:b@host\nstate: x\n')
    const environment = { HOURGLASS_LINK: 'btp+wss://c@else', HOURGLASS_TOKEN: 'd', HOURGLASS_STATE: '/e' }
    expect(loadConfig(file, environment)).toEqual({
      url: 'wss://else/',
      username: 'c',
      token: 'd',
      state: '/e',
    })
  })

  it('needs no file where the environment says all', () => {
    const environment = { HOURGLASS_LINK: 'btp+ws://a:b@host', XDG_CONFIG_HOME: join(directory, 'none') }
    expect(loadConfig(undefined, environment).username).toBe('a')
  })

  it.each([
    ['link: btp+ws://a:b@host\nlnik: x\n', /unrecognized key: "lnik"/],
    ['link: 7\n', /link: /],
    [
      'link: btp+ws://a@host\ntoken: { enw: X }\n',
      /token: must be text, \{ env: NAME \} or \{ file: PATH \}/,
    ],
    ['- a list\n', /is no wallet config/],
    ['', /is no wallet config/],
    ['link: "open\n', /is neither YAML nor JSON/],
    ['link: http://host\n', /the link is no btp\+ws/],
    ['link: btp+ws://a@host\n', /the link has no token/],
    ['state: x\n', /no connector is configured/],
    ['link: btp+ws://a@host\ntoken: { env: MISSING }\n', /environment variable MISSING/],
    [
      'link: btp+ws://a@host\ntoken: { file: missing }\n',
      /cannot read the token file .*missing: there is no such file/,
    ],
  ])('refuses %j in one line that says why', (content, why) => {
    const message = messageOf(() => loadConfig(write(content), {}))
    expect(message).toMatch(why)
    expect(message).not.toContain('\n')
  })

  it('never repeats a link in a message, since it may hold the token', () => {
    expect(messageOf(() => loadConfig(write('link: "btp+ws://a:hush@host:99999"'), {}))).not.toContain('hush')
    expect(messageOf(() => loadConfig(write('link: "btp+ws:/a:hush@host"'), {}))).not.toContain('hush')
  })

  it('says which file it looked for', () => {
    expect(messageOf(() => loadConfig(join(directory, 'none.yaml'), {}))).toContain(
      'none.yaml: there is no such file',
    )
    const environment = { XDG_CONFIG_HOME: join(directory, 'none') }
    expect(messageOf(() => loadConfig(undefined, environment))).toContain(defaultConfigFile(environment))
  })
})
