/** The prices a market takes, in words, as `check` and `doctor` show them. */
import type { PriceRules } from '../domain/price-grid.ts';

export function priceRulesText({ tickSize, significantFigures = null }: PriceRules): string {
  return significantFigures === null ? `tick ${tickSize}` : `tick ${tickSize}, whole numbers or at most ${significantFigures} significant figures`;
}
