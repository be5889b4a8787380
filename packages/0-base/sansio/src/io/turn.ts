/**
 * The end of a turn of the event loop, when all is read that was there to be read. Base, io.
 *
 *   read … read → commits → sends, and what those commits let go
 *
 * So a turn costs one write to the journal and one to each socket, however much came in.
 */
import { Queue } from '../queue.ts'

type Task = () => void

const commits = new Queue<Task>()
const sends = new Queue<Task>()
let isArmed = false

/** Runs `task` once at the end of this turn: `commit` is for what others wait for, `send` for what leaves. */
export function atTurnEnd(stage: 'commit' | 'send', task: Task): void {
  ;(stage === 'commit' ? commits : sends).push(task)
  arm()
}

function arm(): void {
  if (isArmed) return
  isArmed = true
  setImmediate(end)
}

function end(): void {
  try {
    // A commit that follows from another waits for the next turn: reading has its turn, too.
    for (let left = commits.size; left > 0; left--) commits.shift()!()
    for (let send = sends.shift(); send !== undefined; send = sends.shift()) send()
  } finally {
    isArmed = false
    if (commits.size + sends.size > 0) arm()
  }
}
