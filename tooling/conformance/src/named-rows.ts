/** Which rows a test file names: in its titles and tables, not in comments. Tooling. */
import ts from 'typescript'

/** `ILP-22`, `ILP-01 … ILP-03`, `PCS-05 … 07`. */
const ROWS = /\b([A-Z]{2,4})-(\d{2,3})(?: … (?:\1-)?(\d{2,3}))?(?!\d)/g

/** Ids of all prefixes; some are of other lists. */
export function namedRows(path: string, source: string): Set<string> {
  const ids = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      for (const id of rowsIn(node.text)) ids.add(id)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest))
  return ids
}

function rowsIn(text: string): string[] {
  return Array.from(text.matchAll(ROWS)).flatMap(([, prefix = '', first = '', last = first]) => {
    const count = Number(last) - Number(first) + 1
    return Array.from({ length: Math.max(count, 1) }, (_, i) => {
      return `${prefix}-${String(Number(first) + i).padStart(first.length, '0')}`
    })
  })
}
