/** `pnpm run compile`: compiles the contract into the sources. */
import { writeFileSync } from 'node:fs'
import { GENERATED_FILE, generatePayChan } from './pay-chan-source.ts'

writeFileSync(GENERATED_FILE, generatePayChan())
