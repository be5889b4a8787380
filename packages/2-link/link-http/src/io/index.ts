export { type ConnectHttpOptions, type HttpClient, connectHttp } from './connect.ts'
export { HttpError, type HttpErrorCode } from './http-error.ts'
export { type HttpServer, type ListenHttpOptions, listenHttp } from './listen.ts'
export { type PeerUrl, decodePeerUrl } from './peer-url.ts'
