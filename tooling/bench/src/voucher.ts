/** The channel that claims are measured on. Tooling. */
import type { ChannelTerms } from '@hourglass/ledger'

export const CHAIN_ID = 31_337
export const CONTRACT = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
export const PRIVATE_KEY = new Uint8Array(32).fill(7)

export const TERMS: Omit<ChannelTerms, 'claimKey'> = {
  source: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  destination: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  asset: 'native',
  settleDelayMs: 3_600_000,
  reference: '0123456789abcdef'.repeat(4),
}

/** A channel of the XRP Ledger, and the seed of an Ed25519 key that signs for it. */
export const XRPL_CHANNEL = 'E7B5A8BDAD8D88A3D7D43481050DAE1C9CCD46E126DC2C900817C6D5C69FD5BC'
export const XRPL_SECRET = 'sEdSKf8B5b4HUw4eJRuZ3rG9T64xZie'
