/**
 * Lines of cells as Go's text/tabwriter lays them out: every column but the last as wide as its widest cell and the padding, and no
 * narrower than the minimum.
 */
export function tabulate(rows: readonly (readonly string[])[], minimum: number, padding: number): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? minimum, Array.from(cell).length + padding);
    }
  }
  return rows.map((row) => `${row.map((cell, column) => pad(cell, row, column, widths)).join("")}\n`).join("");
}

function pad(cell: string, row: readonly string[], column: number, widths: readonly number[]): string {
  if (column === row.length - 1) return cell;
  return cell + " ".repeat(widths[column]! - Array.from(cell).length);
}
