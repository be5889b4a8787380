// Whoever requires the package gets the class itself, whoever imports it finds it where plugins are looked for.
export { BtpPlugin, BtpPlugin as default, BtpPlugin as 'module.exports' } from './btp-plugin.ts'
export type { BtpPluginOptions } from './options.ts'
