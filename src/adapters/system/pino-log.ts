/**
 * Log lines by pino: JSON, one per event that matters; readable text on a terminal. Times are the exchange's, so that a simulated
 * month reads like one. Nothing but the given fields is written, and no secret in them (I19).
 */
import { pino } from 'pino';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { processSecrets } from './redaction.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface PinoLogOptions {
  readonly level: LogLevel;
  /** Where lines go; one call per line. */
  readonly write: (line: string) => void;
  readonly isReadable: boolean;
  readonly clock: Pick<Clock, 'now'>;
}

export async function createPinoLog({ level, write, isReadable, clock }: PinoLogOptions): Promise<Log> {
  const timestamp = (): string => `,"time":"${new Date(clock.now()).toISOString()}"`;
  const logger = pino({ level, timestamp, base: null }, { write: redacted(isReadable ? await readable(write) : write) });
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

function redacted(write: (line: string) => void): (line: string) => void {
  return (line) => write(processSecrets.isArmed ? processSecrets.text(line) : line);
}

async function readable(write: (line: string) => void): Promise<(line: string) => void> {
  const { default: pretty } = await import('pino-pretty');
  const format = pretty.prettyFactory({ colorize: true, translateTime: false, ignore: 'pid,hostname', singleLine: true });
  return (line) => write(format(JSON.parse(line) as object));
}
