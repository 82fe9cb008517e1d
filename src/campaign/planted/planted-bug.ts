/**
 * A planted bug as data: a mistake that bots are known to make, as a change to the compiled bot. Production code has no switch for it; it
 * is made in a copy of `dist/` and the campaign runs on that copy, to prove that the campaign can see (faults.md §3).
 */

/** One change: `find` stands exactly once in the compiled file, which a test holds. */
export interface PlantedEdit {
  /** Below `dist/`, with forward slashes. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug {
  /** Kebab-case, unique; what `--only` names. */
  readonly name: string;
  /** What the broken bot does, in one line. */
  readonly story: string;
  /** Where the mistake is known from: an entry of the fault catalogue, another bot, or a rule of ours that it breaks. */
  readonly source: string;
  readonly edits: readonly PlantedEdit[];
}
