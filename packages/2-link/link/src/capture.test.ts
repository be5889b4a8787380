import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type CaptureEntry,
  FaultyLink,
  MemoryLink,
  type MemoryWire,
  RecordingLink,
  decodeEntry,
  encodeEntry,
  replay,
} from './index.ts'
import { openCapture, readCapture } from './io/index.ts'
import { PairDriver, linkSuite, seededRng } from './testing/index.ts'

type Entry = CaptureEntry<MemoryWire, MemoryWire>

const ways = { opened: { kind: 'opened' }, closed: { kind: 'closed' } } as const

linkSuite<MemoryWire, MemoryWire>('RecordingLink', () => ({
  a: new RecordingLink(new MemoryLink(50), () => undefined),
  b: new RecordingLink(new MemoryLink(50), () => undefined),
  ...ways,
  carry: (wire) => wire,
  requestsMax: 50,
}))

/** A faulty link; what it does depends on the seed. */
function subject(seed = 1): FaultyLink<MemoryWire, MemoryWire> {
  const faults = { loss: 0.2, jitterMs: 40 }
  return new FaultyLink(new MemoryLink(), { faults, rng: seededRng(seed), isForPeer: () => true })
}

/** A session of it with a peer, recorded around it: answers, losses, a deadline, a way that closes. */
function session(): Entry[] {
  const entries: Entry[] = []
  const a = new RecordingLink(subject(), (entry) => entries.push(decodeEntry(encodeEntry(entry)) as Entry))
  const driver = new PairDriver<MemoryWire, MemoryWire>({
    ...{ a, b: new MemoryLink() },
    ...ways,
    carry: (wire) => wire,
    requestsMax: 50,
  })
  driver.open()
  for (let id = 1; id <= 30; id++) {
    driver.request('a', id, Uint8Array.of(id, 255 - id))
    driver.reach(driver.now + 10)
    driver.deliver()
    for (const output of driver.take('b')) {
      if (output.kind === 'request') driver.handle('b', { kind: 'reply', id: output.id, body: output.body })
    }
  }
  driver.reach(driver.now + 60_000)
  driver.request('a', 31, Uint8Array.of(31))
  driver.close()
  return entries
}

describe('a capture', () => {
  const entries = session()

  it('has all that went in and came out', () => {
    const kinds = new Set(entries.map((entry) => ('input' in entry ? entry.input.kind : entry.output.kind)))
    expect([...kinds].toSorted()).toEqual(['down', 'failed', 'reply', 'request', 'timeout', 'up', 'wire'])
  })

  it('runs again to the same end', () => {
    expect(replay(subject(), entries)).toBeUndefined()
  })

  it('shows where a link does something else, or nothing, or more', () => {
    const difference = replay(subject(2), entries)
    expect(difference?.replayed).not.toBe(difference?.captured)
    const last = entries.findLastIndex((entry) => 'output' in entry)
    const cut = entries.slice(0, last)
    expect(replay(subject(), cut)).toMatchObject({ at: last, captured: undefined })
    const more: Entry = { at: entries.at(-1)!.at, output: { kind: 'up' } }
    expect(replay(subject(), [...entries, more])).toMatchObject({ at: entries.length, replayed: undefined })
  })

  it('lies in a file, a line for each entry, that its owner alone may read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hourglass-capture-'))
    const file = join(directory, 'link.capture')
    try {
      const capture = openCapture(file)
      for (const entry of entries) capture.record(entry)
      await capture.close()
      expect(await readCapture(file)).toEqual(entries)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(replay(subject(), (await readCapture(file)) as Entry[])).toBeUndefined()
      writeFileSync(file, 'no capture\n')
      await expect(readCapture(file)).rejects.toThrow('JSON')
      await expect(openCapture(join(directory, 'nowhere', 'x')).close()).rejects.toThrow('ENOENT')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it.each(['{}', '1', 'null', '{"at":1}', '{"at":1,"input":{}}', '{"at":"1","input":{"kind":"timeout"}}'])(
    'has no line %s',
    (line) => {
      expect(() => decodeEntry(line)).toThrow('an instant, and an input or an output')
    },
  )
})
