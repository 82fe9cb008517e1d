/** What `doctor` says about one thing it looked at. */
export interface Finding {
  /** Stable name of what was looked at, e.g. `key-permissions`. */
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail';
  /** Null: it concerns all accounts. */
  readonly account: string | null;
  readonly text: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

export function pass(check: string, account: string | null, text: string): Finding {
  return { check, status: 'pass', account, text, remedy: null };
}

export function warn(check: string, account: string | null, text: string, remedy: string): Finding {
  return { check, status: 'warn', account, text, remedy };
}

export function fail(check: string, account: string | null, text: string, remedy: string): Finding {
  return { check, status: 'fail', account, text, remedy };
}

export function hasFailed(findings: readonly Finding[]): boolean {
  return findings.some(({ status }) => status === 'fail');
}
