/**
 * The end of a turn of the event loop, when all is read that was there to be read. Base, io.
 *
 *   read … read → work → commits → sends, and what those commits let go
 *
 * So a turn costs one write to the journal and one to each socket, however much came in.
 */
import { Queue } from '../queue.ts'

type Task = () => void

type Stage = 'work' | 'commit' | 'send'

const stages: Readonly<Record<Stage, Queue<Task>>> = {
  work: new Queue(),
  commit: new Queue(),
  send: new Queue(),
}
let isArmed = false

/**
 * Runs `task` once at the end of this turn: `work` is for what makes one of all that was read, `commit` for what others
 * wait for, `send` for what leaves.
 */
export function atTurnEnd(stage: Stage, task: Task): void {
  stages[stage].push(task)
  arm()
}

function arm(): void {
  if (isArmed) return
  isArmed = true
  setImmediate(end)
}

function end(): void {
  const { work, commit, send } = stages
  try {
    // Work that follows from work, or a commit from another, waits for the next turn: reading has its turn, too.
    run(work, work.size)
    run(commit, commit.size)
    run(send, Infinity)
  } finally {
    isArmed = false
    if (work.size + commit.size + send.size > 0) arm()
  }
}

function run(tasks: Queue<Task>, most: number): void {
  for (let left = most; left > 0; left--) {
    const task = tasks.shift()
    if (task === undefined) return
    task()
  }
}
