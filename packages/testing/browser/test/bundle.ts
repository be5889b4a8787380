/** The page's program as one file, as a site would ship it. */
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/** @throws where an import cannot be resolved for a page: Node's modules, for one */
export async function bundlePage(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('page/main.ts', import.meta.url)),
    platform: 'browser',
    resolve: { conditionNames: ['@hourglass/source', 'import', 'default'] },
    onLog(_level, { message }) {
      throw new Error(message)
    },
  })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  const [{ code, imports, dynamicImports }] = output
  const left = [...imports, ...dynamicImports]
  if (left.length > 0) throw new Error(`the page cannot import ${left.join(', ')}`)
  return code
}
