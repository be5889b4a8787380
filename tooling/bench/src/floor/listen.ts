/** A BTP server that lets everybody in: what floor and relay listen with. Tooling, floor. */
import { type WebSocket, WebSocketServer } from 'ws'
import { batchedSend, encodeAccepted } from './btp.ts'

/** Calls `opened` for each peer that has said who it is; it returns who takes the frames that follow. */
export function listenFloor(
  port: number,
  opened: (send: (frame: Buffer) => void) => (frame: Buffer) => void,
): void {
  const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false })
  server.on('connection', (socket: WebSocket) => {
    socket.once('message', (auth: Buffer) => {
      const send = batchedSend(socket)
      const receive = opened(send)
      send(encodeAccepted(auth.readUInt32BE(1)))
      socket.on('message', receive)
    })
  })
}
