import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeTransaction, InvalidTransactionError } from '../engine/transaction.ts'
import { Clock } from '../ledger/clock.ts'
import { GENESIS } from '../ledger/genesis.ts'
import { Node } from '../node.ts'
import { answer } from './dispatch.ts'

const COMMANDS = [
  ...[
    'account_channels',
    'account_info',
    'account_lines',
    'account_objects',
    'account_tx',
    'channel_authorize',
  ],
  ...[
    'channel_verify',
    'fee',
    'ledger',
    'ledger_accept',
    'ledger_closed',
    'ledger_current',
    'ledger_entry',
    'ping',
  ],
  ...[
    'random',
    'server_info',
    'server_state',
    'standalone_advance_time',
    'standalone_fund',
    'submit',
    'subscribe',
  ],
  ...['tx', 'unsubscribe', 'version', 'toString', ''],
]

const PARAMETERS = [
  ...[
    'account',
    'account_root',
    'amount',
    'api_version',
    'channel_id',
    'ctid',
    'destination_account',
    'directory',
  ],
  ...[
    'drops',
    'expand',
    'forward',
    'index',
    'ledger_hash',
    'ledger_index',
    'ledger_index_max',
    'ledger_index_min',
  ],
  ...['limit', 'marker', 'max_ledger', 'min_ledger', 'payment_channel', 'peer', 'public_key', 'ripple_state'],
  ...[
    'secret',
    'seconds',
    'seed',
    'signature',
    'streams',
    'accounts',
    'accounts_proposed',
    'ticket',
    'transaction',
  ],
  ...['transactions', 'tx_blob', 'type'],
]

/** A payment of the recordings. */
const BLOB =
  '12000022000000002400000001201B0000001761400000003B9ACA0068400000000000000C73210330E7FC9D56BB25D6893BA3F317AE5BCF' +
  '33B3291BD63DB32654A313222F7FD02074473045022100CA824CCBE590C514291678FB8C49217278ABA2B9770D0902B506BABF1A2708B102' +
  '20087BEE9E590AC091778E3C029244889F25974050BFB891BFDA8B64F89DDB14E08114B5F762798A53D543A014CAF8B297CFF8F2F937E883' +
  '1495916001BCCE0D1F530C6D78F719C029580B8A97'

const anyValue = fc.oneof(
  fc.constantFrom(
    GENESIS.address,
    'rNdqqRwdD5xVhoPds7UtojrfmJwJJsajFd',
    'A'.repeat(64),
    BLOB,
    GENESIS.seed,
    'USD',
  ),
  fc.constantFrom('validated', 'current', 'closed', 'ledger', 'state', '10', 'C000000300000000', '0', '-1'),
  fc.constantFrom(
    { accounts: [GENESIS.address, GENESIS.address], currency: 'USD' },
    { account: 'x', ticket_seq: 1 },
  ),
  fc.constantFrom(true, 1, 2, 3, -1, 0.5, 1e21, null, ['ledger'], [GENESIS.address], { ledger: 3, seq: 0 }),
  fc.jsonValue(),
)

test('any request is answered, and nothing is thrown', () => {
  const node = new Node({ fixCleanup3_2_0: false, networkId: 0 }, new Clock(() => 1_800_000_000_000))
  const client = { push: () => undefined }
  const anyRequest = fc.record({
    command: fc.oneof(fc.constantFrom(...COMMANDS), fc.jsonValue()),
    parameters: fc.dictionary(fc.constantFrom(...PARAMETERS), anyValue, { maxKeys: 6 }),
  })
  fc.assert(
    fc.property(anyRequest, ({ command, parameters }) => {
      const reply = answer(node, client, { command, ...parameters })
      expect(['success', 'error']).toContain(reply['status'])
      expect(() => JSON.stringify(reply)).not.toThrow()
    }),
    { numRuns: 10_000 },
  )
})

test('any bytes are a transaction or are refused as none', () => {
  const spoilt = fc
    .record({ at: fc.nat(BLOB.length / 2 - 1), byte: fc.nat(255), cut: fc.nat(60) })
    .map((damage) => {
      const bytes = Buffer.from(BLOB, 'hex')
      bytes[damage.at] = damage.byte
      return damage.cut < 20 ? bytes.subarray(0, bytes.length - damage.cut) : bytes
    })
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      try {
        expect(decodeTransaction(Buffer.from(bytes).toString('hex')).hash).toHaveLength(64)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidTransactionError)
      }
    }),
    { numRuns: 10_000 },
  )
})
