/** What must never happen has happened. Testing. */

export class Violation extends Error {
  override readonly name = 'Violation'
  /** Which invariant, by its name: a smaller run that breaks the same one shows the same fault. */
  readonly invariant: string
  readonly nodes: readonly string[]

  constructor(invariant: string, nodes: readonly string[], message: string) {
    super(`${invariant}: ${message} [${nodes.join(', ')}]`)
    this.invariant = invariant
    this.nodes = nodes
  }
}

/** `message` is made only where it is needed: checks come after every step. */
export function check(
  condition: boolean,
  invariant: string,
  nodes: readonly string[],
  message: () => string,
): asserts condition {
  if (!condition) throw new Violation(invariant, nodes, message())
}
