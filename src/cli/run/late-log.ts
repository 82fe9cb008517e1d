/** The log of parts that are opened before the run's own log is: silent until then. */
import type { Log } from '../../ports/log.ts';

export class LateLog implements Log {
  /** Set once. */
  target: Log | null = null;

  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.target?.info(fields, message);
  }

  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.target?.warn(fields, message);
  }

  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.target?.error(fields, message);
  }
}
