export {
  HttpNode,
  type HttpNodeErrors,
  type HttpNodeOptions,
  type HttpResponse,
  parseNodeUrl,
} from './http-node.ts'
export { Turns } from './turns.ts'
