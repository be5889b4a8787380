/** What a planted fault is: a bug that somebody might write, as one change of one source file. Testing. */

export interface PlantedFault {
  /** In few words, unique. */
  readonly name: string
  /** The file, from the root of the repository. */
  readonly path: string
  /** What stands there, once. */
  readonly text: string
  /** What replaces it. */
  readonly planted: string
}

/** The source with the bug in it. @throws Error where the text does not stand there exactly once */
export function plant({ name, path, text, planted }: PlantedFault, source: string): string {
  const [before, after, ...more] = source.split(text)
  if (after === undefined || more.length > 0) {
    const count = after === undefined ? 'not' : `${more.length + 1} times`
    throw new Error(`${name}: what it replaces stands ${count} in ${path}, not once:\n${text}`)
  }
  return `${before}${planted}${after}`
}
