/** Assertions that stay on in production. The message starts with the invariant's number, e.g. `I5 …` (ARCHITECTURE.md). */
import { HedgerowError } from './errors.ts';

/** Throws INVARIANT_BROKEN unless `condition` holds. `facts` are printed with the message. */
export function invariant(condition: boolean, message: string, facts?: Readonly<Record<string, unknown>>): asserts condition {
  if (condition) return;
  throw new HedgerowError('INVARIANT_BROKEN', facts === undefined ? message : `${message} ${JSON.stringify(facts)}`);
}

/** Ends a `switch` over a union: a new member becomes a type error here. */
export function absurd(value: never): never {
  throw new HedgerowError('INVARIANT_BROKEN', `unexpected value ${JSON.stringify(value)}`);
}
