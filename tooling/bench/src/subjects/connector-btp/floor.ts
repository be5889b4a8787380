/** The hand-written connector behind two sockets. Run by itself, it is the program in the middle. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { MESSAGE, RESPONSE, decodeFrame, encodeFrame } from '../../floor/btp.ts'
import { FLOOR_ADDRESS, FloorConnector } from '../../floor/connector.ts'
import { listenFloor } from '../../floor/listen.ts'

const IDS = ['alice', 'bob'] as const

export const subject: BtpSubject = {
  plan: (ports) => ({
    module: import.meta.filename,
    args: ports.map(String),
    ends: [
      { port: ports[0], username: 'alice', token: 'secret' },
      { port: ports[1], username: 'bob', token: 'secret' },
    ],
    receiver: `${FLOOR_ADDRESS}.bob`,
  }),
}

if (import.meta.main) {
  const connector = new FloorConnector()
  for (const [i, id] of IDS.entries()) listen(connector, id, Number(process.argv[2 + i]))
}

function listen(connector: FloorConnector, id: string, port: number): void {
  const account = connector.add(id)
  listenFloor(port, (send) => {
    const waiting = new Map<number, (reply: Buffer) => void>()
    let lastId = 0
    account.send = (packet) =>
      new Promise((resolve) => {
        waiting.set(++lastId, resolve)
        send(encodeFrame(MESSAGE, lastId, packet))
      })
    return (frame) => {
      const { type, requestId, packet } = decodeFrame(frame)
      if (type === MESSAGE) {
        void connector.handle(account, packet).then((reply) => send(encodeFrame(RESPONSE, requestId, reply)))
        return
      }
      const resolve = waiting.get(requestId)
      waiting.delete(requestId)
      resolve?.(packet)
    }
  })
}
