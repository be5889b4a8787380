/** Sizes: a function fits a screen, a file fits one sitting. Tooling. */
import type { Repo, SourceText } from '../repo.ts'
import type { Violation } from '../violation.ts'

const FILE_LINES_MAX = 400
const FUNCTION_LINES_MAX = 70
const LINE_WIDTH_MAX = 120
const PARAMETERS_MAX = 4

export function checkSizes({ files }: Repo): Violation[] {
  return files
    .filter(isSized)
    .flatMap((file) => [...checkLines(file), ...(file.isCode ? checkFunctions(file) : [])])
}

/** Code that people read. */
function isSized({ path }: SourceText): boolean {
  return /\.(?:[cm]?[jt]s|sol|css|html)$/.test(path) && !path.endsWith('.generated.ts')
}

function checkLines({ path, text }: SourceText): Violation[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const found: Violation[] = []
  if (lines.length > FILE_LINES_MAX) {
    found.push(
      violation(
        path,
        lines.length,
        'file-lines',
        `${lines.length} lines; a file has at most ${FILE_LINES_MAX}`,
      ),
    )
  }
  for (const [i, { length }] of lines.entries()) {
    if (length <= LINE_WIDTH_MAX) continue
    found.push(
      violation(path, i + 1, 'line-width', `${length} characters; a line has at most ${LINE_WIDTH_MAX}`),
    )
  }
  return found
}

function checkFunctions({ path, facts }: SourceText): Violation[] {
  return facts.functions.flatMap(({ name, line, lines, parameters }) => {
    const found: Violation[] = []
    if (lines > FUNCTION_LINES_MAX) {
      const message = `${name} has ${lines} lines; a function has at most ${FUNCTION_LINES_MAX}`
      found.push(violation(path, line, 'function-lines', message))
    }
    if (parameters > PARAMETERS_MAX) {
      const message = `${name} has ${parameters}; a function has at most ${PARAMETERS_MAX}, then an options object`
      found.push(violation(path, line, 'parameters', message))
    }
    return found
  })
}

function violation(path: string, line: number, rule: string, message: string): Violation {
  return { path, line, rule, message, anchor: 'sizes' }
}
