/** Lines of CSV (RFC 4180, UTF-8), for spreadsheets and notebooks. */

/** Fields that hold a comma, a quote, a line break or blanks at an end are quoted; no value is an empty field, an empty text `""`. */
export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(field: string | null): string {
  if (field === null) return '';
  return field === '' || /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
