/** `doctor` for people: a line for each finding, what failed with its remedy below. */
import type { Style } from '../style.ts';
import type { Finding } from './finding.ts';

const MARKS = { pass: 'pass', warn: 'warn', fail: 'FAIL' } as const;
const CHECK_COLUMNS = 20;

export function doctorText(name: string, findings: readonly Finding[], style: Style): string {
  const lines = findings.flatMap(({ check, status, account, text, remedy }) => {
    const mark = status === 'pass' ? style.green(MARKS.pass) : status === 'warn' ? style.yellow(MARKS.warn) : style.red(MARKS.fail);
    const line = `  ${mark}  ${check.padEnd(CHECK_COLUMNS)} ${account === null ? '' : `${account}: `}${text}`;
    return remedy === null ? [line] : [line, `        ${' '.repeat(CHECK_COLUMNS)}${style.dim(`→ ${remedy}`)}`];
  });
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const sum = `${count('pass')} passed, ${count('warn')} warnings, ${count('fail')} failed`;
  return `${style.bold(name)}\n${lines.join('\n')}\n  ${sum}\n`;
}
