/**
 * HTML as text that cannot be broken out of: whatever is put into an `html` template is escaped, unless it is `Html` itself. Keeps no
 * numbered invariant; what comes from outside (names, YAML, reasons) reaches the page only through this file.
 */

/** Text that is markup already. Made only by the functions of this file. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = string | number | Html | null | readonly HtmlValue[];

/** html`<td>${name}</td>`: strings and numbers are escaped, for text and for quoted attributes alike; lists are joined; null is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((text, part, i) => text + markup(values[i - 1] ?? null) + part));
}

function markup(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  return value.map(markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Also what no page can hold as it is: control characters are shown as their pictures, unpaired halves of characters as replaced. */
export function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (char) => String.fromCharCode(0x2400 + char.charCodeAt(0)))
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** A value as the content of `<script type="application/json">`: no tag and no comment can begin or end in it. */
export function jsonText(value: unknown): Html {
  return new Html(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** A program or style sheet of ours as the content of its element. Throws where it would end the element early. */
export function ownText(text: string): Html {
  if (/<\/(?:script|style)|<!--/i.test(text)) throw new Error('a file of the page holds the end of its own element; write it as <\\/');
  return new Html(text);
}
