/** LDK's keys, but that a close by agreement pays into the wallet at once. Layer 2, io. */
import {
  type KeysManager,
  Result_ShutdownScriptNoneZ as MaybeScript,
  ShutdownScript,
  SignerProvider,
} from 'lightningdevkit'

/** What comes before the key's hash in a P2WPKH script. */
const SCRIPT_HEAD_BYTES = 2

/** `script` is the wallet's, P2WPKH. */
export function makeSigner(keys: KeysManager, script: Uint8Array): SignerProvider {
  const own = keys.as_SignerProvider()
  return SignerProvider.new_impl({
    generate_channel_keys_id: (isInbound, sat, id) => own.generate_channel_keys_id(isInbound, sat, id),
    derive_channel_signer: (sat, id) => own.derive_channel_signer(sat, id),
    read_chan_signer: (bytes) => own.read_chan_signer(bytes),
    get_destination_script: (id) => own.get_destination_script(id),
    get_shutdown_scriptpubkey: () =>
      MaybeScript.constructor_ok(ShutdownScript.constructor_new_p2wpkh(script.subarray(SCRIPT_HEAD_BYTES))),
  })
}
