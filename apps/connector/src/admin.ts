/**
 * What the operator may ask over HTTP. Off unless configured, and bound to this machine by default (CONN-38,
 * SEC-41): there is no authentication, so nothing here may be reached by anybody else.
 */
import type { Account, Node } from '@hourglass/connector'
import fastify, { type FastifyInstance } from 'fastify'

/** One account, for people and monitors. Amounts are decimal strings of base units. */
export interface AccountReport {
  readonly id: string
  readonly relation: string
  readonly assetCode: string
  readonly assetScale: number
  readonly up: boolean
  /** Positive: the peer owes us. Always incoming − outgoing + settled − received. */
  readonly balance: string
  readonly incoming: string
  readonly outgoing: string
  readonly settled: string
  readonly received: string
  readonly heldIncoming: string
  readonly heldOutgoing: string
}

function reportAccount(account: Readonly<Account>): AccountReport {
  return {
    id: account.id,
    relation: account.relation,
    assetCode: account.asset.code,
    assetScale: account.asset.scale,
    up: account.up,
    balance: String(account.balance),
    incoming: String(account.incoming),
    outgoing: String(account.outgoing),
    settled: String(account.settled),
    received: String(account.received),
    heldIncoming: String(account.heldIncoming),
    heldOutgoing: String(account.heldOutgoing),
  }
}

/** The admin server, ready to listen. `collect` redeems what an account's peer has promised. */
export function buildAdmin(node: Node, collect: (account: string) => void): FastifyInstance {
  const server = fastify({ logger: false })
  const reports = (): AccountReport[] => [...node.connector.accounts()].map(reportAccount)
  server.get('/accounts', () => reports())
  server.get<{ Params: { id: string } }>('/accounts/:id', async (request, reply) => {
    const found = reports().find(({ id }) => id === request.params.id)
    return found ?? reply.code(404).send({ message: `there is no account ${request.params.id}` })
  })
  server.post<{ Params: { id: string } }>('/accounts/:id/collect', async (request, reply) => {
    const { id } = request.params
    if (!reports().some((account) => account.id === id)) {
      return reply.code(404).send({ message: `there is no account ${id}` })
    }
    collect(id)
    return reply.code(202).send({ message: 'redeeming; GET /accounts shows what came in' })
  })
  return server
}
