/** The connector app over a journal in memory, which keeps nothing. Run by itself, it is that program. Tooling. */
import { type Config, loadConfig, startConnector } from '@hourglass/connector-app'
import { type Journal, MemoryJournal } from '@hourglass/journal'
import type { BtpSubject } from '../../btp-lines.ts'
import { planConnectorApp } from '../../connector-app.ts'

export const subject: BtpSubject = {
  plan: ([port], directory) =>
    planConnectorApp(port, directory, { durability: 'process', program: import.meta.filename }),
}

if (import.meta.main) {
  const [, , , file = ''] = process.argv
  const config: Config = loadConfig(file)
  await startConnector(config, { journal: openMemory() })
}

/** Each commit is done as soon as it can be. */
function openMemory(): Journal {
  const journal = new MemoryJournal()
  return {
    commit(records, done) {
      journal.commit(records, done)
      queueMicrotask(() => journal.flush())
    },
    load: (prefix) => journal.load(prefix),
    close: () => journal.close(),
  }
}
