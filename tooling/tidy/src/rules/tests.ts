/** Tests: none is switched off, none pretends. Tooling. */
import type { Repo } from '../repo.ts'
import type { Violation } from '../violation.ts'

export function checkTests({ files }: Repo): Violation[] {
  return files
    .filter((file) => file.isCode)
    .flatMap(({ path, facts }) => [
      ...facts.switchedOffTests.map(({ name, line }) => ({
        ...{ path, line, rule: 'switched-off-test', anchor: 'tests' as const },
        message: `${name}; every test runs, or it goes`,
      })),
      ...facts.mocks.map(({ name, line }) => ({
        ...{ path, line, rule: 'mock', anchor: 'tests' as const },
        message: `${name}; machines take their world as arguments, so a test hands in its own`,
      })),
    ])
}
