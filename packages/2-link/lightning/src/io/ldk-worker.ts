/** A node's process. Layer 2, io. */
import { serveNode } from './process/serve.ts'

serveNode()
