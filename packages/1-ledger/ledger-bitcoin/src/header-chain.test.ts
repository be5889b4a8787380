import { describe, expect, it } from 'vitest'
import { HEADER_BYTES, hashOf } from './block.ts'
import { HEADERS_MAX, type Header, HeaderChain } from './header-chain.ts'

/** A block on another one; `salt` makes it one of its own. */
function after(previous: Header | undefined, salt = 0): Header {
  const bytes = new Uint8Array(HEADER_BYTES).fill(salt, 36)
  if (previous !== undefined) bytes.set(Buffer.from(previous.hash, 'hex').reverse(), 4)
  return { height: (previous?.height ?? 6) + 1, hash: hashOf(bytes), bytes }
}

describe('a chain of headers', () => {
  const first = after(undefined)

  it('takes the block that lies on its newest one, and no other', () => {
    const chain = new HeaderChain([first])
    const next = after(first)
    expect(chain.connect({ ...next, height: 9 })).toBe(false)
    expect(chain.connect({ ...next, hash: '00'.repeat(32) })).toBe(false)
    expect(chain.connect({ ...next, bytes: next.bytes.slice(1) })).toBe(false)
    expect(chain.connect(after(next))).toBe(false)
    expect(chain.tip).toBe(first)
    expect(chain.connect(next)).toBe(true)
    expect(chain.tip).toBe(next)
  })

  it('gives blocks back, newest first, and keeps one to go on from', () => {
    const chain = new HeaderChain([first])
    const next = after(first)
    chain.connect(next)
    expect(chain.disconnect()).toBe(next)
    expect(chain.connect(after(first, 1))).toBe(true)
    chain.disconnect()
    expect(chain.disconnect()).toBeUndefined()
    expect(chain.tip).toBe(first)
  })

  it('forgets what is too old to be taken back', () => {
    const chain = new HeaderChain([first])
    for (let blocks = 0; blocks < HEADERS_MAX + 10; blocks++)
      expect(chain.connect(after(chain.tip))).toBe(true)
    expect(chain.headers).toHaveLength(HEADERS_MAX)
    expect(chain.headers[0]!.height).toBe(chain.tip.height - HEADERS_MAX + 1)
  })
})
