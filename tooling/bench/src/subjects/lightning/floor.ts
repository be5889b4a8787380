/** Two nodes of LDK and nothing else. Tooling. */
import type { FloorRequest } from '../../floor/lightning.ts'
import type { LightningSubject } from '../../lightning-pair.ts'
import { Child } from '../../measure/child.ts'
import { moduleUrl } from '../../modules.ts'

interface Started {
  readonly pid: number
  readonly nodeId: string
  readonly port: number
}

export const subject: LightningSubject = {
  async open() {
    const [payer, payee] = [
      new Child(moduleUrl('floor/lightning'), []),
      new Child(moduleUrl('floor/lightning'), []),
    ]
    const [own, peer] = [
      await ask<Started>(payer, { kind: 'start' }),
      await ask<Started>(payee, { kind: 'start' }),
    ]
    const { nodeId, port } = peer
    await ask(payer, { kind: 'connect', nodeId, port })
    const transaction = await ask<string>(payer, { kind: 'open', nodeId })
    for (const node of [payer, payee]) await ask(node, { kind: 'confirm', transaction })
    for (const node of [payer, payee]) await ask(node, { kind: 'usable' })
    return {
      pids: () => [own.pid, peer.pid],
      pay: (payments, inFlight) => ask(payer, { kind: 'pay', nodeId, payments, inFlight }),
      async close() {
        await Promise.all([payer.stop(), payee.stop()])
      },
    }
  },
}

async function ask<Answer = void>(node: Child, request: FloorRequest): Promise<Answer> {
  return ((await node.ask(request)) as { answer: Answer }).answer
}
