/**
 * A node's process that dies at the worst moments: right before a commit, and right after it, when it is durable and
 * nobody has heard of it.
 */
import type { Journal, JournalRecord } from '@hourglass/journal'
import { serveNode } from '@hourglass/lightning/io'

/** One of so many commits is fatal, on either side of it. */
const COMMITS_A_DEATH = 30
/** Let it connect first. */
const GRACE_COMMITS = 10

let commits = 0

function maybeDie(): void {
  if (commits > GRACE_COMMITS && Math.random() < 0.5 / COMMITS_A_DEATH) process.kill(process.pid, 'SIGKILL')
}

function dying(journal: Journal): Journal {
  return {
    commit(records: readonly JournalRecord[], done: () => void) {
      commits++
      maybeDie()
      journal.commit(records, () => {
        maybeDie()
        done()
      })
    },
    load: (prefix) => journal.load(prefix),
    close: () => journal.close(),
  }
}

serveNode(dying)
