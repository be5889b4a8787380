/** Very many children that nobody has listed, few of them here: `npm run bench -- children` has ten thousand. */
import { createHash, randomBytes } from 'node:crypto'
import { decodePrepare, decodeReply, encodeReply, PacketType } from '@hourglass/ilp'
import { FrameType } from '@hourglass/link-btp'
import { afterAll, expect, it } from 'vitest'
import { Hostile, prepareTo } from './hostile.ts'
import { fulfillOf } from './peer.ts'
import { Programs, connectorOf } from './programs.ts'

const CHILDREN = 100
const programs = new Programs()

afterAll(async () => programs.clear())

it('all of them are served at once, each by its own account', async () => {
  const children = { name: 'kids', asset: { code: 'USD', scale: 6 }, max: CHILDREN, balance: { max: '10' } }
  const program = await programs.start(programs.file('node.json', { ...connectorOf([], './data'), children }))
  const tokens = Array.from({ length: CHILDREN }, () => randomBytes(16).toString('hex'))
  const opened = await Promise.all(tokens.map((token) => open(token, program.port)))
  opened.forEach((child, i) => child.ask(prepareTo(addressOf(tokens[(i + 1) % CHILDREN]!))))
  expect(await Promise.all(opened.map(servePacket))).toEqual(opened.map(() => PacketType.Fulfill))
  const accounts = [...(await program.accounts()).values()]
  expect(accounts.map(({ incoming, outgoing }) => [incoming, outgoing])).toEqual(
    opened.map(() => ['10', '10']),
  )
  for (const child of opened) child.cut()
})

async function open(token: string, port: number): Promise<Hostile> {
  const child = await Hostile.connect(port)
  child.authenticate('', token)
  expect(await child.next()).toMatchObject({ type: FrameType.Response })
  return child
}

function addressOf(token: string): string {
  return `test.acme.kids.${createHash('sha256').update(token).digest('base64url')}`
}

/** Fulfills the packet that comes, and returns what came back for its own. */
async function servePacket(child: Hostile): Promise<number | undefined> {
  let reply: number | undefined
  for (let frames = 0; frames < 2; frames++) {
    const { requestId, body } = await child.nextPacket()
    if (body[0] === PacketType.Prepare) child.answer(requestId, encodeReply(fulfillOf(decodePrepare(body))))
    else reply = decodeReply(body).type
  }
  return reply
}
