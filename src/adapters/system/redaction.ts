/**
 * Secrets appear nowhere (I19): every way out of the process (log lines, errors, rows, answers on the socket) passes through here. What was
 * loaded is found in every form it takes on the way: as it is, escaped, URL-encoded, in base64 and hexadecimal. What was never loaded but
 * is signed or granted by an exchange, such as signatures and listen keys, is found by the name that stands before it.
 */

export const REDACTED = '[secret]';
/** Shorter ones would be found in ordinary text. */
export const MIN_SECRET_CHARS = 8;
/** Of a secret of several lines each line of this length is one too: tools print them one by one. */
const MIN_LINE_CHARS = 16;
/** How much of a value after a telling name is looked at; longer ones end there and the rest is found by a second look. */
const VALUE_CHARS_MAX = 4_096;

/** Names whose value is never shown: as `name=value`, or with the value in quotes. In prose (`apiKey: missing`) they are words like others. */
const NAMES = 'api[-_]?key|api[-_]?secret|secret(?:[-_]?key)?|password|pass[-_]?phrase|private[-_]?key|signature|sign|listen[-_]?key|token';
/** Names of headers; a header's value has no quotes. KEY and SIGN are Gate's. */
const HEADERS = 'x-[a-z0-9-]{0,40}(?:key|sign|signature|passphrase|token)|(?:ok-)?access-(?:key|sign|passphrase)';
const START = `(?<![A-Za-z0-9_-])`;
const QUOTE = `\\\\{0,4}["']`;
const UNQUOTED = `(?!\\[secret\\])[^\\s"'\\\\&,;)}\\]]{1,${VALUE_CHARS_MAX}}`;
const QUOTED = `(?!\\s{0,4}\\[secret\\])[^"'\\\\\\r\\n]{1,${VALUE_CHARS_MAX}}`;
const PATTERNS: readonly RegExp[] = [
  new RegExp(`(${START}(?:${NAMES})=(?:${QUOTE})?)${UNQUOTED}`, 'gi'),
  new RegExp(`(${START}(?:${NAMES}|${HEADERS}|key)(?:${QUOTE})?\\s{0,4}:\\s{0,4}${QUOTE})${QUOTED}`, 'gi'),
  new RegExp(`(${START}(?:${HEADERS})\\s{0,4}:\\s{0,4})${UNQUOTED}`, 'gi'),
  new RegExp(`(${START}(?:KEY|SIGN): )${UNQUOTED}`, 'g'),
  // Its value has a scheme before it: `Authorization: Bearer …`.
  new RegExp(`(${START}authorization(?:${QUOTE})?\\s{0,4}[:=]\\s{0,4}(?:${QUOTE})?)${QUOTED}`, 'gi'),
  // Hyperliquid's signatures.
  new RegExp(`(\\b[rs](?:${QUOTE})?\\s{0,4}:\\s{0,4}(?:${QUOTE})?)0x[0-9a-fA-F]{60,64}`, 'g'),
  // `https://user:password@host`, `postgres://user:password@host`
  /(:\/\/[^\s/:@"']{0,200}:)(?!\[secret\])[^\s/@"']{1,400}(?=@)/g,
];
export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | null = null;

  /** False while nothing is known that could appear: then sinks that are busy need not look. */
  get isArmed(): boolean {
    return this.#forms.size > 0;
  }

  /** Values that are to appear nowhere from now on. Ones of fewer than MIN_SECRET_CHARS are not taken. */
  add(secrets: readonly string[]): void {
    for (const secret of secrets) for (const form of formsOf(secret)) this.#forms.add(form);
    // The longest first: a form that begins another one must not leave its rest behind.
    const forms = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#pattern = forms.length === 0 ? null : new RegExp(forms.map(patternOf).join('|'), 'gi');
  }

  /** The text with every secret replaced. JSON stays JSON. */
  text(text: string): string {
    const known = this.#pattern === null ? text : text.replace(this.#pattern, REDACTED);
    return PATTERNS.reduce((shown, pattern) => shown.replace(pattern, `$1${REDACTED}`), known);
  }
}

/** The one of this process. There is one, because a sink that had not been handed it would be a leak. */
export const processSecrets = new Redactor();

/** Characters that JSON, and tools that print text in quotes, write with backslashes before them: as many as there are quotes around quotes. */
const ESCAPED_ON_THE_WAY: Readonly<Record<string, string>> = { '"': '\\\\{0,63}"', "'": "\\\\{0,63}'", '/': '\\\\{0,63}/', '\\': '\\\\{1,64}', '\n': '(?:\\n|\\\\{1,63}n)' };

function patternOf(text: string): string {
  return [...text].map((char) => ESCAPED_ON_THE_WAY[char] ?? char.replace(/[\^$.*+?()[\]{}|-]/g, '\\$&')).join('');
}

function formsOf(secret: string): string[] {
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_CHARS && !/^-----/.test(line)) : [];
  const bare = /^0x[0-9a-f]+$/i.test(secret) ? [secret.slice(2)] : [];
  return [secret, ...lines, ...bare].filter((each) => each.length >= MIN_SECRET_CHARS).flatMap((each) => {
    const json = JSON.stringify(each).slice(1, -1);
    const url = encodeURIComponent(each);
    const texts = new Set([each, json, url, url.replaceAll('%20', '+'), strictUrl(each)]);
    return [...[...texts].flatMap((text) => [text, Buffer.from(text).toString('hex'), ...base64Cores(Buffer.from(text))]), ...hexDecoded(each)];
  });
}

/** Also what encodeURIComponent leaves: `!'()*`. */
function strictUrl(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A hexadecimal key is also the bytes it stands for. */
function hexDecoded(text: string): string[] {
  const digits = text.replace(/^0x/i, '');
  return /^(?:[0-9a-f]{2}){16,}$/i.test(digits) ? base64Cores(Buffer.from(digits, 'hex')) : [];
}

/** What base64 shows of these bytes wherever they lie within others, in both alphabets: the characters that depend on nothing around. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '');
    const first = Math.ceil((offset * 8) / 6);
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = text.slice(first, whole);
    return core.length < MIN_SECRET_CHARS ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(core)];
  });
}
