/** A table of figures against their bars, honest about each. */

/** One figure. */
export interface Row {
  readonly what: string
  /** Null where it could not be measured; then `note` says why. */
  readonly value: number | null
  readonly unit: string
  readonly bar: { readonly is: 'at most' | 'at least'; readonly value: number } | null
  readonly note?: string
}

export function met({ value, bar }: Row): boolean | null {
  if (bar === null) return null
  if (value === null) return false
  return bar.is === 'at most' ? value <= bar.value : value >= bar.value
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const verdict = met(row)
    return [
      row.what,
      row.value === null ? 'not measured' : `${text(row.value)} ${row.unit}`.trim(),
      row.bar === null ? '' : `${row.bar.is === 'at most' ? '\u2264' : '\u2265'} ${text(row.bar.value)}`,
      verdict === null ? '' : verdict ? 'met' : 'MISSED',
      row.note ?? '',
    ]
  })
  const all = [['', 'measured', 'bar', '', ''], ...lines]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  return all.map((line) => line.map((cell, column) => (column < 4 ? cell.padEnd(widths[column] ?? 0) : cell)).join('  ').trimEnd()).join('\n')
}

function text(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(1) : String(Math.round(value * 100) / 100)
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
