/**
 * The terminal: results on standard output, everything about them on standard error.
 * Colours and the progress line only where a person looks; `NO_COLOR` is obeyed.
 */
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

export class Terminal {
  readonly #out: NodeJS.WriteStream
  readonly #error: NodeJS.WriteStream
  #progress = false
  #progressAt = -Infinity

  constructor(out: NodeJS.WriteStream = process.stdout, error: NodeJS.WriteStream = process.stderr) {
    this.#out = out
    this.#error = error
  }

  /** Whether somebody can answer a question. */
  get isInteractive(): boolean {
    return process.stdin.isTTY && this.#error.isTTY
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out })
  }

  /** One line of the result. */
  line(text = ''): void {
    this.clearProgress()
    this.#out.write(`${text}\n`)
  }

  /** A label in a column of its own, then what it says. */
  field(label: string, text: string): void {
    this.line(`${this.style('dim', label.padEnd(LABEL_WIDTH))}${text}`)
  }

  /** Something went wrong: the one line that says so. */
  fail(message: string): void {
    this.clearProgress()
    this.#error.write(`${styleText('red', 'hourglass:', { stream: this.#error })} ${message}\n`)
  }

  /** Something worth knowing that is not the result. */
  note(message: string): void {
    this.clearProgress()
    this.#error.write(`${styleText('dim', message, { stream: this.#error })}\n`)
  }

  /** A line that the next one replaces; nothing where nobody looks, and not more often than eyes can follow. */
  progress(text: string): void {
    const now = performance.now()
    if (!this.#error.isTTY || now < this.#progressAt + PROGRESS_MS) return
    this.#error.write(`\r\u001b[2K${text}`)
    this.#progress = true
    this.#progressAt = now
  }

  clearProgress(): void {
    if (!this.#progress) return
    this.#error.write('\r\u001b[2K')
    this.#progress = false
  }

  async confirm(question: string): Promise<boolean> {
    const lines = createInterface({ input: process.stdin, output: this.#error })
    try {
      return /^y(?:es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
    } finally {
      lines.close()
    }
  }
}

const LABEL_WIDTH = 12
const PROGRESS_MS = 50

/** `████████░░░░` for a share between 0 and 1. */
export function bar(share: number, width = 24): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
