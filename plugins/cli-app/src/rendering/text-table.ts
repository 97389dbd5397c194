/**
 * Aligns cells in columns: each column but the last is padded to its widest cell plus three spaces.
 * @param minimumWidth of a column in characters; that of Docker's lists is ten
 */
export function renderTable(rows: readonly (readonly string[])[], minimumWidth = 10): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? minimumWidth, width(cell) + padding);
    }
  }
  return rows.map((row) => `${renderRow(row, widths)}\n`).join("");
}

const padding = 3;

function renderRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => (column === row.length - 1 ? cell : cell + " ".repeat(widths[column]! - width(cell))))
    .join("");
}

/** In characters, where a surrogate pair counts once. */
function width(cell: string): number {
  return Array.from(cell).length;
}
