/**
 * How long an SPSP answer may be used again. Layer 5.
 * Spec: IL-RFC 9 "Response Headers"; RFC 9111 §5.2.2 for the directives.
 */

/** A day: whoever says more is not believed, since a key ought not to live for ever. */
const FRESH_MS_MAX = 86_400_000

/**
 * Milliseconds for which an answer with this `Cache-Control` stays fresh (SPSP-12, PP-25); 0: ask anew each time.
 * An absent or unreadable header counts as `no-cache`.
 */
export function freshMs(cacheControl: string | undefined): number {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((text) => text.trim())
  if (directives.some((directive) => NEVER_AGAIN.test(directive))) return 0
  const maxAge = directives.map((directive) => MAX_AGE.exec(directive)?.[1]).find((s) => s !== undefined)
  return maxAge === undefined ? 0 : Math.min(Number(maxAge) * 1000, FRESH_MS_MAX)
}

const NEVER_AGAIN = /^no-(?:cache|store)(?:=|$)/
const MAX_AGE = /^max-age="?(\d{1,10})"?$/
