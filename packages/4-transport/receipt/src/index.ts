export {
  NONCES_MAX,
  RECEIPT_LIFETIME_MS,
  ReceiptVerifier,
  type ReceiptVerifierOptions,
  type Verdict,
} from './verifier.ts'
