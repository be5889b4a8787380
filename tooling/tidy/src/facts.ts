/**
 * What tidy wants to know of one source file, read from its syntax tree, so that neither a comment nor a
 * string can fool it. Tooling.
 */
import ts from 'typescript'
import { IMPURE_NAMES, namesDeclaredBy, impureUse } from './impure.ts'

export interface ImportFact {
  /** As written; undefined where it is computed at run time. */
  readonly specifier: string | undefined
  readonly line: number
  /** `url`: `new URL(specifier, import.meta.url)`, a file that is read and not run. */
  readonly kind: 'import' | 'type' | 'dynamic' | 'require' | 'url'
}

export interface FunctionFact {
  readonly name: string
  readonly line: number
  /** From its first line to its last, without the tests declared in it. */
  readonly lines: number
  readonly parameters: number
}

/** A name at a line: of something impure, of a switched-off test, of a mock, of a statement. */
export interface UseFact {
  readonly name: string
  readonly line: number
}

export interface Facts {
  readonly imports: readonly ImportFact[]
  readonly functions: readonly FunctionFact[]
  /** Uses of the clock, of chance, of promises and of the process. Types do not count: they are erased. */
  readonly impure: readonly UseFact[]
  /** `it.skip`, `describe.only`, … */
  readonly switchedOffTests: readonly UseFact[]
  /** `vi.mock`, `vi.useFakeTimers`, … */
  readonly mocks: readonly UseFact[]
  /** Top-level statements other than `export { a } from './b.ts'`. */
  readonly otherThanExports: readonly UseFact[]
}

export function readFacts(path: string, text: string): Facts {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const reader = new Reader(source)
  for (const statement of source.statements) reader.visit(statement, false)
  return reader.finish()
}

const TEST_FUNCTIONS = new Set(['it', 'test', 'describe', 'suite'])
const SWITCHES = new Set(['only', 'skip', 'todo'])
const SWITCHED_OFF = new Set(['xit', 'xtest', 'xdescribe', 'fit', 'fdescribe'])
const MOCKS = new Set(['mock', 'doMock', 'hoisted', 'stubGlobal', 'useFakeTimers'])

class Reader {
  readonly #source: ts.SourceFile
  readonly #imports: ImportFact[] = []
  readonly #functions: FunctionFact[] = []
  readonly #impure: UseFact[] = []
  readonly #tests: UseFact[] = []
  readonly #mocks: UseFact[] = []
  /** Names that this file gives a meaning of its own: a parameter `process` is not Node's. */
  readonly #declared = new Set<string>()
  /** Names of functions that `createRequire` returned. */
  readonly #requires = new Set(['require'])

  constructor(source: ts.SourceFile) {
    this.#source = source
    for (const { fileName, pos } of source.referencedFiles) {
      this.#imports.push({ specifier: dotted(fileName), line: this.#lineAt(pos), kind: 'type' })
    }
    for (const { fileName, pos } of source.typeReferenceDirectives) {
      this.#imports.push({ specifier: fileName, line: this.#lineAt(pos), kind: 'type' })
    }
  }

  /** `inType`: below a type, where names stand for nothing that runs. */
  visit(node: ts.Node, inType: boolean): void {
    for (const name of namesDeclaredBy(node)) this.#declared.add(name)
    this.#readImport(node)
    if (ts.isFunctionLike(node)) this.#readFunction(node)
    if (ts.isCallExpression(node)) this.#readTestCall(node)
    if (ts.isPropertyAccessExpression(node)) this.#readMember(node)
    if (!inType) {
      const name = impureUse(node)
      if (name !== undefined) this.#impure.push({ name, line: this.#lineOf(node) })
    }
    const below = inType || isTypeOnly(node)
    ts.forEachChild(node, (child) => this.visit(child, below))
  }

  finish(): Facts {
    const isForeign = ({ name }: UseFact): boolean => !IMPURE_NAMES.has(name) || !this.#declared.has(name)
    return {
      imports: this.#imports,
      functions: this.#functions,
      impure: this.#impure.filter(isForeign),
      switchedOffTests: this.#tests,
      mocks: this.#mocks,
      otherThanExports: this.#source.statements
        .filter((s) => !isNamedExport(s))
        .map((s) => ({ name: s.getText(this.#source).split('\n', 1)[0] ?? '', line: this.#lineOf(s) })),
    }
  }

  #readImport(node: ts.Node): void {
    if (ts.isImportDeclaration(node)) {
      const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      this.#addImport(node, node.moduleSpecifier, isType ? 'type' : 'import')
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      this.#addImport(node, node.moduleSpecifier, node.isTypeOnly ? 'type' : 'import')
    } else if (ts.isExternalModuleReference(node)) {
      this.#addImport(node, node.expression, 'require')
    } else if (ts.isImportTypeNode(node)) {
      this.#addImport(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type')
    } else if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) {
      this.#addImport(node, node.name, 'type')
    } else if (ts.isCallExpression(node)) {
      const kind = this.#loaderKind(node.expression)
      if (kind !== undefined) this.#addImport(node, node.arguments[0], kind)
    } else if (isUrlOfModule(node)) {
      this.#addImport(node, node.arguments?.[0], 'url')
    } else if (isRequireDeclaration(node)) {
      this.#requires.add(node.name.text)
    }
  }

  /** What calling `callee` with a specifier does, where it loads a module. */
  #loaderKind(callee: ts.Expression): ImportFact['kind'] | undefined {
    if (callee.kind === ts.SyntaxKind.ImportKeyword) return 'dynamic'
    if (ts.isPropertyAccessExpression(callee) && callee.name.text === 'resolve') {
      if (ts.isMetaProperty(callee.expression)) return 'require'
      return this.#loaderKind(callee.expression) === 'require' ? 'require' : undefined
    }
    if (ts.isIdentifier(callee)) return this.#requires.has(callee.text) ? 'require' : undefined
    return isCreateRequire(callee) ? 'require' : undefined
  }

  #addImport(node: ts.Node, specifier: ts.Node | undefined, kind: ImportFact['kind']): void {
    const isLiteral = specifier !== undefined && ts.isStringLiteralLike(specifier)
    this.#imports.push({ specifier: isLiteral ? specifier.text : undefined, line: this.#lineOf(node), kind })
  }

  #readFunction(node: ts.SignatureDeclaration): void {
    const isThis = (p: ts.Node): boolean => ts.isParameter(p) && p.name.getText(this.#source) === 'this'
    this.#functions.push({
      name: nameOfFunction(node, this.#source),
      line: this.#lineOf(node),
      lines: this.#linesOf(node) - this.#linesOfTestsIn(node),
      parameters: node.parameters.filter((p) => !isThis(p)).length,
    })
  }

  #linesOfTestsIn(node: ts.Node): number {
    let lines = 0
    ts.forEachChild(node, (child) => {
      lines += isTestCall(child) ? this.#linesOf(child) : this.#linesOfTestsIn(child)
    })
    return lines
  }

  #readTestCall(node: ts.CallExpression): void {
    if (!isTestCall(node)) return
    for (const options of node.arguments.filter(ts.isObjectLiteralExpression)) {
      for (const property of options.properties) {
        const name = property.name?.getText(this.#source) ?? ''
        if (SWITCHES.has(name)) this.#tests.push({ name: `{ ${name} }`, line: this.#lineOf(property) })
      }
    }
    if (ts.isIdentifier(node.expression) && SWITCHED_OFF.has(node.expression.text)) {
      this.#tests.push({ name: node.expression.text, line: this.#lineOf(node) })
    }
  }

  #readMember(node: ts.PropertyAccessExpression): void {
    const root = rootName(node.expression)
    const member = node.name.text
    const use = { name: `${root ?? ''}.${member}`, line: this.#lineOf(node) }
    if (root !== undefined && TEST_FUNCTIONS.has(root) && SWITCHES.has(member)) this.#tests.push(use)
    if (root === 'vi' && MOCKS.has(member)) this.#mocks.push(use)
  }

  #linesOf(node: ts.Node): number {
    return this.#lineAt(node.getEnd()) - this.#lineOf(node) + 1
  }

  #lineOf(node: ts.Node): number {
    return this.#lineAt(node.getStart(this.#source))
  }

  #lineAt(position: number): number {
    return this.#source.getLineAndCharacterOfPosition(position).line + 1
  }
}

/** `a` of `a.b(…).c`. */
function rootName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootName(node.expression)
  return undefined
}

function isTestCall(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false
  const root = rootName(node.expression)
  return root !== undefined && (TEST_FUNCTIONS.has(root) || SWITCHED_OFF.has(root))
}

function isNamedExport(node: ts.Statement): boolean {
  return (
    ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause)
  )
}

/** Types, and declarations that leave nothing behind when types are stripped. */
function isTypeOnly(node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true
  if (ts.isExpressionWithTypeArguments(node)) {
    return ts.isHeritageClause(node.parent) && node.parent.token === ts.SyntaxKind.ImplementsKeyword
  }
  return ts.isTypeNode(node)
}

function isCreateRequire(node: ts.Expression): boolean {
  return ts.isCallExpression(node) && rootName(node.expression) === 'createRequire'
}

function isRequireDeclaration(node: ts.Node): node is ts.VariableDeclaration & { name: ts.Identifier } {
  if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return false
  return node.initializer !== undefined && isCreateRequire(node.initializer)
}

function isUrlOfModule(node: ts.Node): node is ts.NewExpression {
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return false
  const base = node.arguments?.[1]
  return node.expression.text === 'URL' && base !== undefined && ts.isPropertyAccessExpression(base)
}

/** A `reference path` is relative also without the leading dot. */
function dotted(path: string): string {
  return path.startsWith('.') ? path : `./${path}`
}

function nameOfFunction(node: ts.SignatureDeclaration, source: ts.SourceFile): string {
  if (node.name !== undefined) return node.name.getText(source)
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  const { parent } = node
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
  return isNamed ? parent.name.getText(source) : 'a function'
}
