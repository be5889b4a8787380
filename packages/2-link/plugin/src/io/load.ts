/** Finds a plugin's class where the operator has installed it. Layer 2, io. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LPI_VERSION, type PluginClass } from './lpi2.ts'
import { PluginError } from './plugin-error.ts'

/**
 * `module` is a package's name, or a path; both as seen from `directory`.
 * @throws PluginError `not-found` | `not-loadable` | `no-plugin`
 */
export async function loadPlugin(module: string, directory: string): Promise<PluginClass> {
  let file: string
  try {
    file = createRequire(join(directory, 'here')).resolve(module)
  } catch (error) {
    const message = `${module} is not installed in ${directory}: npm install ${module} there`
    throw new PluginError('not-found', message, { cause: error })
  }
  let loaded: unknown
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (error) {
    const message = `${module} cannot be loaded: ${(error as Error).message}`
    throw new PluginError('not-loadable', message, { cause: error })
  }
  const found = pluginIn(loaded)
  if (found === undefined) {
    const message = `${module} is no ledger plugin: it exports no class of version ${LPI_VERSION}`
    throw new PluginError('no-plugin', message)
  }
  return found
}

/** CommonJS and its compilers put the class at one of several depths. */
function pluginIn(loaded: unknown): PluginClass | undefined {
  for (let candidate = loaded, depth = 0; depth <= DEPTH_MAX; depth++) {
    if (isPluginClass(candidate)) return candidate
    candidate = (candidate as { default?: unknown } | undefined)?.default
  }
  return undefined
}

const DEPTH_MAX = 2

function isPluginClass(value: unknown): value is PluginClass {
  return typeof value === 'function' && 'version' in value && value.version === LPI_VERSION
}
