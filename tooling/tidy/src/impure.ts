/** Which nodes of a syntax tree reach for the clock, for chance, for a promise or for the process. Tooling. */
import ts from 'typescript'

/** Globals that protocol code does without, unless it declares a name like this itself. */
export const IMPURE_NAMES: ReadonlySet<string> = new Set([
  ...['Buffer', 'Intl', 'Promise', 'TextDecoder', 'TextEncoder', 'WeakRef', 'FinalizationRegistry'],
  ...['console', 'fetch', 'globalThis', 'performance', 'process', 'require', 'window'],
  ...['clearInterval', 'clearTimeout', 'setImmediate', 'setInterval', 'setTimeout', 'queueMicrotask'],
])

/** How the message names what this node uses; undefined for all that is pure. */
export function impureUse(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) {
    return IMPURE_NAMES.has(node.text) && isReference(node) ? node.text : undefined
  }
  if (ts.isPropertyAccessExpression(node)) return memberUse(node)
  if (ts.isNewExpression(node)) {
    return isNamed(node.expression, 'Date') && (node.arguments ?? []).length === 0 ? 'new Date()' : undefined
  }
  if (ts.isCallExpression(node)) return isNamed(node.expression, 'Date') ? 'Date()' : undefined
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AwaitKeyword) return 'await'
  if (node.kind === ts.SyntaxKind.ImportKeyword && ts.isCallExpression(node.parent)) return 'import()'
  return undefined
}

/** Names that a declaration gives a meaning of its own in this file. */
export function namesDeclaredBy(node: ts.Node): string[] {
  const isDeclaration =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node)
  if (!isDeclaration || node.name === undefined || !ts.isIdentifier(node.name)) return []
  return [node.name.text]
}

function memberUse(node: ts.PropertyAccessExpression): string | undefined {
  const member = node.name.text
  if (isNamed(node.expression, 'Date') && member === 'now') return 'Date.now'
  if (isNamed(node.expression, 'Math') && member === 'random') return 'Math.random'
  return member.startsWith('toLocale') ? member : undefined
}

function isNamed(node: ts.Expression, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name
}

/** Whether an identifier stands for a value, rather than for a member, a key or a label of that name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  const isKey =
    ts.isPropertyDeclaration(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isAccessor(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent)
  return !isKey || ('initializer' in parent && parent.initializer === node)
}
