/** The connector cannot start: says what it could not reach or open, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
