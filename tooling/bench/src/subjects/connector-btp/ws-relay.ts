/**
 * No connector: what two WebSocket hops alone cost, writes batched. Whatever comes from one side goes to the other,
 * unread. Run by itself, it is the program in the middle. Tooling.
 */
import type { BtpSubject } from '../../btp-lines.ts'
import { listenFloor } from '../../floor/listen.ts'

export const subject: BtpSubject = {
  plan: (ports) => ({
    module: import.meta.filename,
    args: ports.map(String),
    ends: [
      { port: ports[0], username: 'alice', token: 'secret' },
      { port: ports[1], username: 'bob', token: 'secret' },
    ],
    receiver: 'test.relay.bob',
  }),
}

if (import.meta.main) {
  const sends: ((frame: Buffer) => void)[] = []
  for (const side of [0, 1]) {
    listenFloor(Number(process.argv[2 + side]), (send) => {
      sends[side] = send
      return (frame) => sends[1 - side]?.(frame)
    })
  }
}
