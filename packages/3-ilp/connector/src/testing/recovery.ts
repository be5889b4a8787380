/** What tests of recovery share: the journal's view, restarts, questions and answers. */
import type { StoredRecord } from '@hourglass/journal'
import {
  type Answer,
  type Question,
  decodeAnswers,
  decodeQuestions,
  encodeAnswers,
  encodeQuestions,
} from '@hourglass/books'
import type { Connector } from '../connector.ts'
import type { ConnectorInput, ConnectorOutput } from '../messages.ts'
import { FULFILLMENT, NOW, connector, drain, handle, prepare } from './one-connector.ts'

/** A connector that notes what it commits, as a journal does. */
export function journalled(machine: Connector): { machine: Connector; records: Map<string, Uint8Array> } {
  const records = new Map<string, Uint8Array>()
  const original = machine.poll.bind(machine)
  machine.poll = (): ConnectorOutput | undefined => {
    const output = original()
    if (output?.kind === 'commit') {
      for (const { key, value } of output.records) {
        if (value === undefined) records.delete(key)
        else records.set(key, value)
      }
    }
    return output
  }
  return { machine, records }
}

/** The same node after a crash: nothing but its records. */
export function restarted(
  records: Map<string, Uint8Array>,
  options: Parameters<typeof connector>[0] = {},
): Connector {
  const machine = connector({ ...options, links: 'down' })
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1))
  machine.restore(sorted.map(([key, value]): StoredRecord => ({ key, value })))
  drain(machine)
  return machine
}

/** The question among the outputs, and its id. */
export function questionOf(outputs: readonly ConnectorOutput[]): { id: number; questions: Question[] } {
  const found = outputs.find((output) => output.kind === 'request' && output.protocol === 'reconcile')
  if (found?.kind !== 'request') throw new Error('nothing was asked')
  return { id: found.id, questions: decodeQuestions(found.body) }
}

export function reply(id: number, ...answers: Answer[]): ConnectorInput {
  return { kind: 'reply', id, body: encodeAnswers(answers) }
}

export const up = (id: string): ConnectorInput => ({ kind: 'up', account: id })
export const fulfilled: Answer = { kind: 'fulfilled', fulfillment: FULFILLMENT }

/** A question of a peer about the packet of `prepare`, or about others like it. */
export function about(...changes: readonly Partial<Question>[]): Uint8Array {
  const { amount, executionCondition, expiresAt } = prepare()
  const question = { amount, executionCondition, expiresAt, isGivenUp: false, fulfilledTwins: 0 }
  return encodeQuestions(changes.map((change) => ({ ...question, ...change })))
}

/** What alice is told of packets of hers. */
export function asked(machine: Connector, change: Partial<Question> = {}, now = NOW): Answer[] {
  return answersTo(machine, about(change), now)
}

export function answersTo(machine: Connector, body: Uint8Array, now = NOW): Answer[] {
  const input = { kind: 'request', account: 'alice', id: 77, protocol: 'reconcile', body } as const
  const [output] = handle(machine, input, now)
  if (output?.kind !== 'reply') throw new Error(`no reply: ${output?.kind ?? 'nothing'}`)
  return decodeAnswers(output.body)
}

export function held(machine: Connector): bigint[] {
  return [...machine.accounts()].flatMap((each) => [each.heldIncoming, each.heldOutgoing])
}
