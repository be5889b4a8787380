/**
 * Which channels' peers owe an answer, and since when. Layer 2, io.
 *
 * LDK cuts off who owes one for two ticks of its clock, and does not tell who does. But it shows in the changes of a
 * channel's monitor: one is a commitment that we have signed for the peer (`commitment_signed`), another the secret by
 * which the peer revokes the one before (`revoke_and_ack`). Spec: BOLT 2.
 */

/** Kinds of LDK's `ChannelMonitorUpdateStep`, as it writes them. */
const SIGNED_FOR_PEER = 1
const REVOKED_BY_PEER = 3
/** Two of versions, and the number of the change. */
const HEAD_BYTES = 2 + 8

/** Times are milliseconds of one clock. */
export class OwedAnswers {
  readonly #since = new Map<string, number>()

  /** The monitor of a channel has changed, by what LDK writes of it. */
  changed(channel: string, update: Uint8Array, now: number): void {
    for (const step of stepsOf(update)) {
      if (step === SIGNED_FOR_PEER) this.#since.set(channel, now)
      if (step === REVOKED_BY_PEER) this.#since.delete(channel)
    }
  }

  /** The channel is no more. */
  gone(channel: string): void {
    this.#since.delete(channel)
  }

  /** Whether the answer that was owed at that time still is. */
  isOwedSince(channel: string, time: number): boolean {
    const since = this.#since.get(channel)
    return since !== undefined && since <= time
  }
}

/** The kinds of its steps, each before its length (BOLT 1, `BigSize`) and as many bytes. */
function stepsOf(update: Uint8Array): number[] {
  const view = new DataView(update.buffer, update.byteOffset, update.byteLength)
  const steps: number[] = []
  let at = HEAD_BYTES + 8
  for (let left = view.getBigUint64(HEAD_BYTES); left > 0n; left--) {
    steps.push(view.getUint8(at++))
    const first = view.getUint8(at++)
    if (first < 0xfd) at += first
    else if (first === 0xfd) at += 2 + view.getUint16(at)
    else at += 4 + view.getUint32(at)
  }
  return steps
}
