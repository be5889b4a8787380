/**
 * What the operator may ask over HTTP. Off unless configured, and bound to this machine by default (CONN-38,
 * SEC-41): there is no authentication, so nothing here may be reached by anybody else.
 */
import type { Decision, Node, NodeInput, RejectionQuery } from '@hourglass/connector'
import { decodeHex } from '@hourglass/oer'
import { equalBytes } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import fastify, { type FastifyInstance } from 'fastify'
import { METRICS_TYPE, renderMetrics } from './metrics.ts'
import {
  reportAccounts,
  reportAssets,
  reportHolds,
  reportLedgers,
  reportRejections,
  reportRoutes,
  reportSettlement,
  reportSettlements,
} from './reports.ts'
import type { ConfigDocument, LiveConfig } from './live.ts'
import type { SettledLine, Settler } from './settlers/index.ts'

interface ById {
  Params: { id: string }
}

/** What the operator asks and orders. */
export interface Operated {
  readonly node: Node
  /** By the names of their ledgers. */
  readonly settlers: ReadonlyMap<string, Settler>
  /** Of each settled account. */
  readonly lines: ReadonlyMap<string, SettledLine>
  /** Hands an order to the node. */
  readonly push: (order: NodeInput) => void
  readonly live: Pick<LiveConfig, 'plan' | 'apply'>
}

/** The admin server, ready to listen. */
export function buildAdmin({ node, settlers, lines, push, live }: Operated): FastifyInstance {
  const server = fastify({ logger: false })
  server.get('/ledgers', () => reportLedgers(settlers))
  server.get('/accounts', () => reportAccounts(node))
  server.get('/books', () => reportAssets(node))
  server.get('/holds', () => reportHolds(node))
  server.get('/metrics', async (_, reply) => reply.type(METRICS_TYPE).send(renderMetrics(node)))
  server.get<{ Querystring: RejectionsAsked }>('/rejections', async ({ query }, reply) => {
    const asked = queryOf(query)
    return asked === undefined ? reply.code(400).send({ message: REJECTIONS }) : reportRejections(node, asked)
  })
  server.get('/routes', () => reportRoutes(node))
  addAccountRoutes(server, node, push)
  addPaymentRoute(server, node, lines)
  addChangeRoutes(server, live, push)
  server.post<ById & { Body: unknown }>('/holds/:id', async (request, reply) => {
    const hold = node.connector.books.holds.get(Number(request.params.id))
    if (hold === undefined) return reply.code(404).send({ message: `there is no hold ${request.params.id}` })
    const decision = decisionOf(request.body)
    if (decision === undefined) return reply.code(400).send({ message: OUTCOMES })
    if (decision.outcome === 'post' && !fits(decision.fulfillment, hold.executionCondition)) {
      const message = `that is not the fulfillment of hold ${hold.id}`
      return reply.code(400).send({ message })
    }
    if (hold.state === 'sent') {
      return reply.code(409).send({ message: `hold ${hold.id} is under way: its peer decides it` })
    }
    push({ kind: 'decide', hold: hold.id, ...decision })
    return reply.code(200).send({ message: `hold ${hold.id}: ${decision.outcome}` })
  })
  return server
}

function addAccountRoutes(server: FastifyInstance, node: Node, push: (order: NodeInput) => void): void {
  const isUnknown = (id: string): boolean => !node.connector.books.accounts.has(id)
  server.addHook<ById>('preHandler', async (request, reply) => {
    const { id } = request.params
    if (request.routeOptions.url?.startsWith('/accounts/:id') === true && isUnknown(id)) {
      await reply.code(404).send({ message: `there is no account ${id}` })
    }
  })
  server.get<ById>('/accounts/:id', ({ params }) => reportAccounts(node).find(({ id }) => id === params.id))
  server.get<ById>('/accounts/:id/settlements', ({ params }) => reportSettlements(node, params.id))
  server.get<ById>('/accounts/:id/settlement', ({ params }) => reportSettlement(node, params.id))
  server.post<ById>('/accounts/:id/collect', async ({ params }, reply) => {
    push({ kind: 'collect', account: params.id })
    return reply.code(202).send({ message: 'redeeming; GET /accounts shows what came in' })
  })
  server.post<ById>('/accounts/:id/end', async ({ params }, reply) => {
    push({ kind: 'end', account: params.id })
    return reply.code(202).send({ message: 'closing what is open with this peer, for good' })
  })
  server.post<ById>('/accounts/:id/reconcile', async ({ params }, reply) => {
    push({ kind: 'reconcile', account: params.id })
    return reply.code(202).send({ message: 'asking the peer; GET /holds shows what stays open' })
  })
}

function addChangeRoutes(server: FastifyInstance, live: Operated['live'], push: Operated['push']): void {
  server.post<{ Body: ConfigDocument }>('/plan', ({ body }) => live.plan(body))
  server.post<{ Body: ConfigDocument }>('/apply', async ({ body }, reply) => {
    const plan = await live.apply(body)
    return reply
      .code(plan.problems.length > 0 ? 409 : 200)
      .send({ message: plan.problems.join('\n'), ...plan })
  })
  server.post<{ Body: unknown }>('/forwarding', async ({ body }, reply) => {
    const { isOn } = (body ?? {}) as { isOn?: unknown }
    if (typeof isOn !== 'boolean') return reply.code(400).send({ message: '"isOn" must be true or false' })
    push({ kind: 'forwarding', isOn })
    return reply
      .code(200)
      .send({ message: isOn ? 'forwarding' : 'not forwarding; what is in flight ends as ever' })
  })
}

interface RejectionsAsked {
  readonly id?: string
  readonly account?: string
  readonly condition?: string
}

const REJECTIONS = '"id" is a number, "condition" 64 hex digits'

function queryOf({ id, account, condition }: RejectionsAsked): RejectionQuery | undefined {
  const octets = condition === undefined ? undefined : decodeHex(condition)
  if (condition !== undefined && octets?.length !== 32) return undefined
  if (id !== undefined && !/^\d+$/.test(id)) return undefined
  return { id: id === undefined ? undefined : Number(id), account, condition: octets }
}

/** What became of a payment, where nobody but the operator can find out. */
function addPaymentRoute(server: FastifyInstance, node: Node, lines: Operated['lines']): void {
  server.post<ById & { Body: unknown }>('/accounts/:id/payment', async ({ params: { id }, body }, reply) => {
    const { isPaid } = (body ?? {}) as { isPaid?: unknown }
    if (typeof isPaid !== 'boolean') return reply.code(400).send({ message: 'isPaid must be true or false' })
    const line = lines.get(id)
    if (line?.decide === undefined || reportSettlement(node, id)['unknownAmount'] === '0') {
      return reply.code(409).send({ message: `account ${id} has no payment whose outcome is unknown` })
    }
    line.decide(isPaid)
    return reply.code(202).send({ message: `the payment counts as ${isPaid ? 'paid' : 'not paid'}` })
  })
}

const OUTCOMES = 'outcome must be "post" with the "fulfillment" in hex, "pay" or "void"'

function decisionOf(body: unknown): Decision | undefined {
  const { outcome, fulfillment } = (body ?? {}) as { outcome?: unknown; fulfillment?: unknown }
  if (outcome === 'void' || outcome === 'pay') return { outcome }
  if (outcome !== 'post' || typeof fulfillment !== 'string') return undefined
  return { outcome, fulfillment: new Uint8Array(Buffer.from(fulfillment, 'hex')) }
}

function fits(fulfillment: Uint8Array, executionCondition: Uint8Array): boolean {
  return equalBytes(nodeCrypto.sha256(fulfillment), executionCondition)
}
