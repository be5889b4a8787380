/**
 * Three connectors in a line, as real programs on journals of their own, with channels between them on one chain.
 *
 *   alice ── acme ══ bolt ══ cord ── bob       dollars, ether, ether, dollars
 *
 * Alice pays more than bob does, so acme settles with bolt, and bolt with cord.
 */
import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { DEV_ACCOUNTS, type DevChain } from '@hourglass/evm-devchain'
import type { ConfigInput } from '../src/config.ts'
import { Peer } from './peer.ts'
import {
  type AccountInput,
  type Crash,
  type Launch,
  type Program,
  type Programs,
  child,
  findPorts,
} from './programs.ts'

/** Packets are to outlive a few restarts in a row; where the machine is slow, who was down bears what came too late. */
const TIMEOUT_MS = 15_000
/** After the answer to a packet, before the next one; longer where it says that the way is blocked. */
const PAUSE_MS_MAX = 30
const BLOCKED_MS_MAX = 200
const LOADS = {
  alice: { to: 'test.cord.bob', packetsInFlight: 80, amountMax: 1_000_000 },
  bob: { to: 'test.acme.alice', packetsInFlight: 20, amountMax: 100_000 },
} as const
const AMOUNT_MIN = 1000
/** What is held for dead packets must not keep others from being paid. */
const BALANCE_MAX = '1000000000000000'

export const MEMBERS = ['acme', 'bolt', 'cord'] as const
export type MemberName = (typeof MEMBERS)[number]
/** Base units of the peerings' asset per ether; the chain counts 10^18. */
export const PEERING_SCALE = 9
/** What a channel escrows at least, in wei: filled up when half of it is paid. */
export const DEPOSIT = 2n * 10n ** 15n

export interface LineOptions {
  readonly programs: Programs
  readonly chain: DevChain
  /** Who connects to the others. It is found at once after its own death; after another's it waits before it tries. */
  readonly dialer: 'bolt' | 'ends'
}

/** One connector, life after life. */
export class Member {
  readonly name: MemberName
  /** Its account on the chain. */
  readonly address: string
  readonly #programs: Programs
  readonly #config: string
  #program: Program | undefined

  constructor(name: MemberName, address: string, programs: Programs, config: string) {
    this.name = name
    this.address = address
    this.#programs = programs
    this.#config = config
  }

  /** Once started and not ended by `live`. */
  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} is not up`)
    return this.#program
  }

  async start(): Promise<void> {
    this.#program = await this.#programs.start(this.#config)
  }

  async kill(): Promise<void> {
    const program = this.program
    this.#program = undefined
    checkKilled(this.name, await program.end('SIGKILL'))
  }

  /** Begins a life that ends by a crash, or by `kill`. */
  launch(crash: Crash | 'later' | undefined): Life {
    const launch = this.#programs.launch(this.#config, crash)
    return { ...launch, ended: launch.ended.then((outcome) => checkKilled(this.name, outcome)) }
  }
}

/** One life of a member that is not to last. */
export interface Life extends Pick<Launch, 'kill' | 'arm'> {
  readonly ended: Promise<void>
}

/** A connector that ends in another way has failed. */
function checkKilled(name: string, { signal, exitCode, stdout, stderr }: Awaited<Program['ended']>): void {
  if (signal === 'SIGKILL') return
  throw new Error(`${name} ended by itself with ${exitCode}: ${stderr}\n${stdout.slice(-2000)}`)
}

export class Line {
  readonly members: ReadonlyMap<MemberName, Member>
  readonly alice: Peer
  readonly bob: Peer
  #waiting: (() => void)[] = []

  private constructor(members: readonly Member[], alice: Peer, bob: Peer) {
    this.members = new Map(members.map((member) => [member.name, member]))
    this.alice = alice
    this.bob = bob
  }

  /** All are up. */
  static async open(options: LineOptions): Promise<Line> {
    const { programs } = options
    const [acme, bolt, cord] = (await findPorts(3)) as [number, number, number]
    const configs = makeConfigs(options, { acme, bolt, cord })
    const members = MEMBERS.map((name, i) => {
      const file = programs.file(`${name}.json`, configs[name])
      return new Member(name, DEV_ACCOUNTS[i]!.address, programs, file)
    })
    // Only a program that ends by itself leaves its compiled code to the next one.
    await programs.run(['--config', 'acme.json', '--check'])
    await Promise.all(members.map(async (member) => member.start()))
    const [alice, bob] = await Promise.all([Peer.connect('alice', acme), Peer.connect('bob', cord)])
    return new Line(members, alice, bob)
  }

  member(name: MemberName): Member {
    return this.members.get(name)!
  }

  async close(): Promise<void> {
    await Promise.all([this.alice.close(), this.bob.close()])
  }

  /** Resolves as soon as a packet of alice's is fulfilled: when all three are up, and their links. */
  async flows(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Pays both ways until `signal`; resolves when every packet has an outcome that its payer knows. */
  async load(signal: AbortSignal): Promise<void> {
    const pay = async (payer: Peer, { to, amountMax }: (typeof LOADS)['alice' | 'bob']): Promise<void> => {
      while (!signal.aborted) {
        await payer.up()
        const outcome = await payer.pay(to, BigInt(randomInt(AMOUNT_MIN, amountMax)), TIMEOUT_MS)
        if (payer === this.alice && outcome === 'fulfilled') {
          for (const resolve of this.#waiting.splice(0)) resolve()
        }
        await setTimeout(randomInt(outcome === 'fulfilled' ? PAUSE_MS_MAX : BLOCKED_MS_MAX))
      }
    }
    const { alice, bob } = LOADS
    await Promise.all([
      ...Array.from({ length: alice.packetsInFlight }, async () => pay(this.alice, alice)),
      ...Array.from({ length: bob.packetsInFlight }, async () => pay(this.bob, bob)),
    ])
    await Promise.all([this.alice.reconciled(), this.bob.reconciled()])
  }
}

type Ports = Readonly<Record<MemberName, number>>

function makeConfigs(options: LineOptions, ports: Ports): Readonly<Record<MemberName, ConfigInput>> {
  const link = (from: MemberName, to: MemberName): AccountInput['link'] => {
    const isClient = options.dialer === 'bolt' ? from === 'bolt' : to === 'bolt'
    if (!isClient) return { kind: 'btp-server', token: `${to}-hush` }
    return { kind: 'btp-client', url: `btp+ws://${from}@127.0.0.1:${ports[to]}`, token: `${from}-hush` }
  }
  const end = (name: MemberName, customer: string): ConfigInput => ({
    ...common(options, name, ports[name]),
    accounts: [child(customer, { balance: { max: BALANCE_MAX } }), peer('bolt', link(name, 'bolt'))],
    routes: [{ prefix: '', account: 'bolt' }],
  })
  return {
    acme: end('acme', 'alice'),
    bolt: {
      ...common(options, 'bolt', ports.bolt),
      accounts: [peer('acme', link('bolt', 'acme')), peer('cord', link('bolt', 'cord'))],
      routes: [
        { prefix: 'test.acme', account: 'acme' },
        { prefix: 'test.cord', account: 'cord' },
      ],
    },
    cord: end('cord', 'bob'),
  }
}

function common({ chain }: LineOptions, name: MemberName, port: number): Omit<ConfigInput, 'accounts'> {
  const { privateKey } = DEV_ACCOUNTS[MEMBERS.indexOf(name)]!
  return {
    address: `test.${name}`,
    data: `./${name}`,
    // What may be lost between the two is lost with the power alone: a kill must find no difference.
    durability: name === 'bolt' ? 'process' : 'power',
    listen: { port },
    admin: { port: 0 },
    ledgers: { evm: { kind: 'evm', rpcUrl: chain.url, privateKey, confirmations: 1, pollMs: 100 } },
    rates: [{ from: 'USD', to: 'ETH', rate: '1/3000' }],
    spread: '0.002',
  }
}

/** A settlement each few packets; a deposit and a redeemed claim each few settlements. */
function peer(id: MemberName, link: AccountInput['link']): AccountInput {
  return {
    id,
    relation: 'peer',
    asset: { code: 'ETH', scale: PEERING_SCALE },
    link,
    balance: { max: BALANCE_MAX, settleThreshold: '400000', writeOffMax: BALANCE_MAX },
    settlement: {
      kind: 'channel',
      ledger: 'evm',
      deposit: String(DEPOSIT),
      redeemThreshold: '1000000000000000',
    },
  }
}
