/** All rules over one repository. Tooling. */
import type { Repo } from './repo.ts'
import { checkEdges } from './rules/edges.ts'
import { checkPackages } from './rules/packages.ts'
import { checkPurity } from './rules/purity.ts'
import { checkSizes } from './rules/sizes.ts'
import { checkTests } from './rules/tests.ts'
import { checkText } from './rules/text.ts'
import { byPlace, type Violation } from './violation.ts'

const CHECKS = [checkEdges, checkPurity, checkSizes, checkPackages, checkTests, checkText]

export function checkRepo(repo: Repo): Violation[] {
  return CHECKS.flatMap((check) => check(repo)).sort(byPlace)
}
