/** Reasons of what people asked for, told apart from what a bot found by itself: only the latter is something wrong. */

const ASKED = 'operator: ';
/** Longer than anybody reads, shorter than a control request. */
const REASON_CHARS_MAX = 500;

export function askedReason(text: string | null): string {
  return `${ASKED}${text === null || text.trim() === '' ? 'no reason given' : text.trim().slice(0, REASON_CHARS_MAX)}`;
}

export function isAskedByPerson(reason: string | null): boolean {
  return reason?.startsWith(ASKED) ?? false;
}
