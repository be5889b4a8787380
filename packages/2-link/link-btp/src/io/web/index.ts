export { LinkError, type LinkErrorCode } from '../link-error.ts'
export { type BtpWebClient, type ConnectBtpOptions, connectBtp } from './connect.ts'
