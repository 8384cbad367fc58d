/**
 * One line of a CSV file with its end, as RFC 4180 describes. Text that a spreadsheet would run as a formula gets an
 * apostrophe before it.
 */
export function csvRow(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}

function cell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  // Spreadsheets skip white space and the full-width forms of the same signs.
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
