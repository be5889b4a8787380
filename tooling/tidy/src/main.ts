/**
 * `npm run tidy`: checks the repository's own rules and prints each violation as one line. Tooling.
 * Exit code 1 where there is one. An argument names another root than the working directory.
 */
import { readFiles } from './read-files.ts'
import { buildRepo } from './repo.ts'
import { checkRepo } from './tidy.ts'
import { formatViolation } from './violation.ts'

const repo = buildRepo(readFiles(process.argv[2] ?? '.'))
const violations = checkRepo(repo)
for (const violation of violations) console.error(formatViolation(violation))
console.log(
  `tidy: ${repo.files.length} files, ${repo.packages.length} packages, ${violations.length} violations`,
)
process.exitCode = violations.length === 0 ? 0 : 1
