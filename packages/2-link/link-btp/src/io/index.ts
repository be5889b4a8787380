export { type BtpUrl, decodeBtpUrl } from './btp-url.ts'
export { type BtpClient, type ConnectBtpOptions, connectBtp } from './connect.ts'
export { LinkError, type LinkErrorCode } from './link-error.ts'
export { type BtpServer, type ListenBtpOptions, listenBtp } from './listen.ts'
