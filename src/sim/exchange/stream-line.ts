/** How events come to the listeners: dropped, doubled, late or not at all, as the stream policy and the incidents say. Streams are hints. */
import type { ExchangeEvent } from '../../ports/exchange.ts';
import type { StreamPolicy } from './faults.ts';
import type { Incidents } from './incidents.ts';

export interface StreamLineOptions {
  readonly policy: StreamPolicy | null;
  readonly incidents: Incidents;
  /** Hands over, to everybody who listens then. */
  readonly tell: (events: readonly ExchangeEvent[]) => void;
  /** Does so later, ms from now. */
  readonly later: (delayMs: number, run: () => void) => void;
}

export class StreamLine {
  readonly #options: StreamLineOptions;

  constructor(options: StreamLineOptions) {
    this.#options = options;
  }

  publish(events: readonly ExchangeEvent[], now: number): void {
    const { policy, incidents, tell, later } = this.#options;
    if (policy === null && incidents.isEmpty) return tell(events);
    const prompt: ExchangeEvent[] = [];
    for (const event of events) {
      const heard = incidents.heardAs(event, now);
      if (heard === null) continue;
      for (const delayMs of policy === null ? [0] : policy(heard)) {
        if (delayMs === 0) prompt.push(heard);
        else later(delayMs, () => tell([heard]));
      }
    }
    if (prompt.length > 0) tell(prompt);
  }
}
