import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPlugin } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'hourglass-plugins-'))
const PLUGIN = 'class Plugin {}\nPlugin.version = 2\n'

function install(name: string, text: string): void {
  const folder = join(directory, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.js'), text)
}

beforeAll(() => {
  install('class-itself', `${PLUGIN}module.exports = Plugin`)
  install('compiled', `${PLUGIN}exports.__esModule = true\nexports.default = Plugin`)
  install('version-one', 'module.exports = class Plugin {}\nmodule.exports.version = 1')
  install('no-plugin', 'module.exports = () => 42')
  install('broken', 'require("something-that-is-not-there")')
  writeFileSync(join(directory, 'own.mjs'), `${PLUGIN}export default Plugin`)
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('loadPlugin', () => {
  it.each(['class-itself', 'compiled', './own.mjs'])(
    'finds the class of %s where it is installed',
    async (module) => {
      const found = await loadPlugin(module, directory)
      expect([found.name, found.version]).toEqual(['Plugin', 2])
    },
  )

  it.each([
    ['never-installed', 'not-found', /never-installed is not installed in .*: npm install never-installed/],
    ['broken', 'not-loadable', /broken cannot be loaded: .*something-that-is-not-there/s],
    ['no-plugin', 'no-plugin', /no-plugin is no ledger plugin/],
    ['version-one', 'no-plugin', /no class of version 2/],
  ])('says of %s what is wrong: %s', async (module, code, message) => {
    const failing = loadPlugin(module, directory)
    await expect(failing).rejects.toMatchObject({ code })
    await expect(failing).rejects.toThrow(message)
  })
})
