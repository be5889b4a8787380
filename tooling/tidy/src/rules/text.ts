/** Text: what stands in the repository is finished and true on every machine. Tooling. */
import { posix } from 'node:path'
import type { Repo, SourceText } from '../repo.ts'
import type { Violation } from '../violation.ts'

interface TextRule {
  readonly rule: string
  readonly pattern: RegExp
  readonly message: string
}

// One letter stands in brackets, so that no pattern finds itself.
const RULES: readonly TextRule[] = [
  {
    rule: 'machine-path',
    pattern: /(?<![\w.@/}-])\/(?:hom[e]|User[s]|roo[t]|wor[k]|tm[p])\/[\w.-]+/,
    message: 'is a path of one machine; use one relative to the repository, or node:os tmpdir()',
  },
  {
    rule: 'unfinished',
    pattern: /\b(?:TOD[O]|FIXM[E])\b/,
    message: 'promises work instead of doing it',
  },
  {
    rule: 'boundaries-ignore',
    pattern: /@boundaries-[i]gnore/,
    message: 'would switch the layer check off',
  },
]

export function checkText(repo: Repo): Violation[] {
  const paths = new Set(repo.files.map(({ path }) => path))
  return repo.files.flatMap((file) => [
    ...checkLines(file),
    ...(file.path.endsWith('.md') ? checkLinks(file, paths) : []),
  ])
}

function checkLines({ path, text }: SourceText): Violation[] {
  const rules = RULES.filter(({ pattern }) => pattern.test(text))
  if (rules.length === 0) return []
  return text.split('\n').flatMap((content, i) =>
    rules.flatMap(({ rule, pattern, message }) => {
      const found = pattern.exec(content)?.[0]
      if (found === undefined) return []
      return [{ path, line: i + 1, rule, message: `"${found}" ${message}`, anchor: 'text' as const }]
    }),
  )
}

/** A link of a page to a file in the repository leads somewhere. */
function checkLinks({ path, text }: SourceText, paths: ReadonlySet<string>): Violation[] {
  const prose = text.replaceAll(/^```.*?^```/gms, (block) => block.replaceAll(/[^\n]/g, ''))
  return prose.split('\n').flatMap((content, i) =>
    [...content.matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)].flatMap(([, target = '']) => {
      const to = posix.join(posix.dirname(path), target).replace(/\/$/, '')
      if (paths.has(to) || [...paths].some((p) => p.startsWith(`${to}/`))) return []
      const message = `${target} does not exist`
      return [{ path, line: i + 1, rule: 'broken-link', message, anchor: 'text' as const }]
    }),
  )
}
