/** Arguments and options of one command, read and checked by name. Every fault is INPUT_INVALID and names the flag and the remedy. */
import { didYouMean } from '../adapters/yaml/problems.ts';
import { fractionOfPercent, readNumber, readPercent, readWhole, type Bounds } from '../adapters/yaml/number-text.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';

export class CommandInput {
  readonly #arguments: readonly unknown[];
  readonly #options: Readonly<Record<string, unknown>>;

  /** As commander hands them over: arguments in order (a variadic one as a list), options by camelCase name. */
  constructor(args: readonly unknown[], options: Readonly<Record<string, unknown>>) {
    this.#arguments = args;
    this.#options = options;
  }

  /** A required argument, counted from 0. */
  argument(index: number): string {
    const value = this.#arguments[index];
    if (typeof value !== 'string' || value === '') throw inputError(`argument ${index + 1} is empty; give a path`);
    return value;
  }

  /** An argument that may be missing; null when it is. */
  optionalArgument(index: number): string | null {
    return this.#arguments[index] === undefined ? null : this.argument(index);
  }

  /** A variadic argument. */
  argumentList(index: number): readonly string[] {
    const value = this.#arguments[index];
    const list = Array.isArray(value) ? (value as readonly string[]) : [];
    if (list.includes('')) throw inputError('an argument is empty; give a path');
    return list;
  }

  /** Option names as typed, without the dashes: `prices-file`. */
  flag(name: string): boolean {
    return this.#option(name) === true;
  }

  text(name: string): string | null {
    const value = this.#option(name);
    return typeof value === 'string' ? value : null;
  }

  texts(name: string): readonly string[] {
    const value = this.#option(name);
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  choice<const Values extends readonly string[]>(name: string, values: Values, fallback: Values[number]): Values[number] {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = values.find((each) => each === text);
    if (value === undefined) throw inputError(`--${name} ${JSON.stringify(text)} is not one of ${values.join(', ')}${didYouMean(text, values)}`);
    return value;
  }

  /** A plain decimal above zero. */
  positive(name: string): DecimalString | null {
    const text = this.text(name);
    return text === null ? null : positiveDecimal(text, `--${name}`);
  }

  /** A fraction written in percent, such as 0.02%; null when it is not given. */
  fraction(name: string, bounds: Bounds = {}): DecimalString | null {
    const text = this.text(name);
    if (text === null) return null;
    const reading = readPercent(text, { atLeast: '0', atMost: '100', ...bounds });
    if (reading.ok) return fractionOfPercent(reading.value);
    throw inputError(`--${name} ${JSON.stringify(text)} is not a share ${boundsText(bounds)}, such as 0.02%${remedyText(reading.remedy)}`);
  }

  whole(name: string, min: number, max: number): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const reading = readWhole(text, min, max);
    if (reading.ok) return reading.value;
    throw inputError(`--${name} ${JSON.stringify(text)} is not a whole number from ${min} to ${max}${remedyText(reading.remedy)}`);
  }

  #option(name: string): unknown {
    return this.#options[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  }
}

const SHOWN_CHARS = 40;

/** `place` says where the text stands: `--price`, `paths.txt:3, price 2`. */
export function positiveDecimal(text: string, place: string): DecimalString {
  const reading = readNumber(text, { above: '0' });
  if (reading.ok) return reading.value;
  const shown = JSON.stringify(text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text);
  throw inputError(`${place}: found ${text === '' ? 'nothing' : shown}, expected a number above 0 in digits, such as 10700.5${remedyText(reading.remedy)}`);
}

/** Of percent. */
function boundsText({ above, below, atMost = '100' }: Bounds): string {
  return `${above === undefined ? 'from 0%' : `above ${above}%`} ${below === undefined ? `to ${atMost}%` : `to below ${below}%`}`;
}

function remedyText(remedy: string): string {
  return remedy === '' ? '' : `; ${remedy}`;
}

export function inputError(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', message);
}
