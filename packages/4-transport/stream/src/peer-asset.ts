/** What the other end of a connection says it holds. Layer 4. Spec: IL-RFC 29 §4.3.3. */
import type { AssetDetails } from './credentials.ts'
import type { Frame } from './wire/packet.ts'

export class PeerAsset {
  #asset: AssetDetails | undefined

  /** Undefined where it has not said yet. */
  get asset(): AssetDetails | undefined {
    return this.#asset
  }

  /** Frames of an authentic packet; false where they contradict what was said before (STR-49). */
  learn(frames: readonly Frame[]): boolean {
    for (const frame of frames) {
      if (frame.type !== 0x07) continue
      const { assetCode, assetScale } = frame
      this.#asset ??= { assetCode, assetScale }
      if (this.#asset.assetCode !== assetCode || this.#asset.assetScale !== assetScale) return false
    }
    return true
  }
}
