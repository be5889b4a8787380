import { MemoryLink, type MemoryWire } from './index.ts'
import { linkSuite } from './testing/index.ts'

linkSuite<MemoryWire, MemoryWire>('MemoryLink', () => ({
  a: new MemoryLink(50),
  b: new MemoryLink(50),
  opened: { kind: 'opened' },
  closed: { kind: 'closed' },
  carry: (wire) => wire,
  requestsMax: 50,
}))
