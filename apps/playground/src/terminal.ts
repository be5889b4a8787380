/** What people see: one line for each thing that happened, with the layer that did it. */
import { styleText } from 'node:util'
import type { Asset } from './cast.ts'

export type Layer = 'L5 app' | 'L4 stream' | 'L3 ilp' | 'L2 channel' | 'L2 link' | 'L1 ledger'

const COLOURS = {
  'L5 app': 'magenta',
  'L4 stream': 'blue',
  'L3 ilp': 'cyan',
  'L2 channel': 'green',
  'L2 link': 'green',
  'L1 ledger': 'yellow',
} as const satisfies Record<Layer, Parameters<typeof styleText>[0]>

export function say(text = ''): void {
  console.log(text)
}

export function heading(text: string): void {
  say(`\n${styleText('bold', text)}`)
}

/** `who` did something at `layer`. Texts of up to 57 characters stay on one line of a common terminal. */
export function step(layer: Layer, who: string, text: string): void {
  say(`  ${styleText(COLOURS[layer], layer.padEnd(11))}${who.padEnd(8)}${text}`)
}

/** Whether something is as it should be. `text` says how it is. */
export function verdict(holds: boolean, statement: string, text: string): void {
  const mark = holds ? styleText('green', '✓') : styleText('red', '✗')
  say(`  ${mark} ${statement.padEnd(45)}${text}`)
}

/** Rows of a table, columns aligned; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  rows.forEach((row, i) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    say(`  ${i === 0 ? styleText('dim', cells.join('  ')) : cells.join('  ')}`)
  })
}

/** Base units as a decimal, exact: `formatAmount(1234n, 2)` is `12.34`. */
export function formatAmount(amount: bigint, scale: number): string {
  const sign = amount < 0n ? '-' : ''
  const digits = String(amount < 0n ? -amount : amount).padStart(scale + 1, '0')
  const cut = digits.length - scale
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, cut)}.${digits.slice(cut)}`
}

/** `12.34 EUR` */
export function formatMoney(amount: bigint, { code, scale }: Asset): string {
  return `${formatAmount(amount, scale)} ${code}`
}

/** The ends of an address or hash, enough to recognize it: `0x70997970…79c8`. */
export function shorten(hex: string): string {
  return `${hex.slice(0, 10)}…${hex.slice(-4)}`
}
