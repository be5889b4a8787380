import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { bundlePage } from './bundle.ts'

/** STREAM, packets, BTP and cryptography, and what the page itself does. */
const GZIPPED_BYTES_MAX = 45_000

it('is small enough for a page, and imports nothing that pages do not have', async () => {
  const code = await bundlePage()
  expect(gzipSync(code).length).toBeLessThanOrEqual(GZIPPED_BYTES_MAX)
})
