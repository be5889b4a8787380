/** What a planted fault is: a bug that somebody might write, as one change of one source file. Testing. */

export interface PlantedFault {
  /** The bug, in a sentence. */
  readonly bug: string
  /** Its file, from the root of the repository. */
  readonly path: string
  /** What stands there, once. */
  readonly text: string
  /** What is put in its place. */
  readonly planted: string
  /** Invariants that it breaks, the likeliest first. */
  readonly foundBy: readonly string[]
}

/** What a broken `assert` of a machine is called, since no machine may throw. */
export const ASSERT = 'AssertionError'

/** The source with the bug in it. @throws Error where the text does not stand there exactly once */
export function plant({ bug, path, text, planted }: PlantedFault, source: string): string {
  const [before = '', ...rest] = source.split(text)
  if (rest.length !== 1) {
    throw new Error(`stands ${rest.length} times in ${path}, not once:\n${text}\nIt was to become: ${bug}`)
  }
  return [before, ...rest].join(planted)
}
