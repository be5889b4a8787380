/**
 * How ilp-connector is configured wherever it is measured. Everything is on; changed is only what would keep it
 * from running: its rate limit (by default 167 packets a second), its rate backend (by default a server on the
 * internet), and route broadcasts, without which it loads no route at all. Tooling.
 */

export const ILP_CONNECTOR_ADDRESS = 'test.connector'

export const ilpConnectorConfig = {
  env: 'test',
  ilpAddress: ILP_CONNECTOR_ADDRESS,
  backend: 'one-to-one',
  spread: 0,
  routeBroadcastEnabled: true,
} as const

const UNLIMITED = 100_000_000

export const ilpConnectorAccount = {
  relation: 'child',
  assetCode: 'USD',
  assetScale: 9,
  balance: { maximum: '1000000000000000', minimum: '-1000000000000000' },
  rateLimit: { refillPeriod: 1000, refillCount: UNLIMITED, capacity: UNLIMITED },
  sendRoutes: false,
  receiveRoutes: false,
} as const
