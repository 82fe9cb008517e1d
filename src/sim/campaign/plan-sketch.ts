/**
 * A strategy in a few words, such as `hedge/rotation/4/m1 mode=one-way lev=3`: what a tape carries, what the random generator draws and
 * what shrinking makes smaller. Everything a sketch leaves out has the value of a plain plan of four equal fragments.
 */
import { HedgerowError } from '../../domain/errors.ts';
import { ROLES } from '../../domain/strategy.ts';
import type { CycleKind, OnGap, PositionMode, Role, Spacing, Strategy, UnitSpec, WalletName, WalletSpec, WindowSpec } from '../../domain/strategy.ts';
import type { Random } from '../../ports/random.ts';

export interface WalletSketch {
  readonly name: WalletName;
  readonly cycle: CycleKind;
  /** Parts of the whole, in percent; one number n stands for n equal ones. */
  readonly rungs: number | readonly number[];
  readonly confirmation: number;
}

export interface PlanSketch {
  readonly wallets: readonly WalletSketch[];
  readonly positionMode: PositionMode;
  readonly leverage: string;
  /** Quote per unit, a share of the price when it ends in `%`, or `atr`: measured. */
  readonly unit: string;
  readonly spacing: Spacing;
  readonly isJoint: boolean;
  readonly onAdvance: number | null;
  /** Rungs per window that rest at once. */
  readonly resting: number;
  readonly onGap: OnGap;
  readonly isStopLimit: boolean;
  /** The wallets have an account each. */
  readonly isApart: boolean;
  readonly capital: string;
  /** Most significant figures of a price: from SKETCH_PRICE on five make the tick ten times coarser. */
  readonly figures: number | null;
}

/** Every campaign plan trades here first; units are given in this price's size. */
export const SKETCH_PRICE = '10000';

export const PLAIN_SKETCH: PlanSketch = {
  wallets: [{ name: 'hedge', cycle: 'rotation', rungs: 4, confirmation: 1 }],
  positionMode: 'hedge',
  leverage: '1',
  unit: '100',
  spacing: 'arithmetic',
  isJoint: false,
  onAdvance: null,
  resting: 50,
  onGap: 'market',
  isStopLimit: false,
  isApart: false,
  capital: '10000',
  figures: null,
};

/** Far enough that a stop-limit of the simulated exchange is always within it. */
const LIMIT_OFFSET = '0.02';

export function strategyOf(sketch: PlanSketch): Strategy {
  const window: WindowSpec = {
    order: sketch.isStopLimit ? 'stop-limit' : 'stop-market',
    limitOffset: sketch.isStopLimit ? LIMIT_OFFSET : null,
    triggerBy: 'last',
    onGap: sketch.onGap,
    resting: sketch.resting,
  };
  return {
    version: 1,
    name: 'campaign',
    symbol: 'BTC/USDT:USDT',
    exchange: {
      id: 'simulated',
      account: 'main',
      positionMode: sketch.positionMode,
      marginMode: 'cross',
      triggerBy: 'last',
      market: { tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '5', takerFee: '0.0005', makerFee: '0.0002', slippage: '0', ...(sketch.figures !== null && { significantFigures: sketch.figures }) },
      connection: null,
    },
    leverage: sketch.leverage,
    unit: unitOf(sketch.unit),
    spacing: sketch.spacing,
    reset: { policy: sketch.isJoint ? 'joint' : 'independent', onAdvance: sketch.onAdvance },
    rebalanceThreshold: '0.01',
    wallets: sketch.wallets.map((wallet) => walletOf(wallet, sketch)),
    windows: Object.fromEntries(ROLES.map((role) => [role, window])) as Record<Role, WindowSpec>,
    risk: [],
  };
}

function walletOf({ name, cycle, rungs, confirmation }: WalletSketch, { capital, isApart }: PlanSketch): WalletSpec {
  const parts = typeof rungs === 'number' ? Array.from({ length: rungs }, () => 1) : rungs;
  const whole = String(parts.reduce((sum, part) => sum + part, 0));
  return { name, cycle, capital, confirmation, weights: parts.map((part) => ({ numerator: String(part), denominator: whole })), account: isApart && name === 'long' ? 'second' : 'main' };
}

function unitOf(text: string): UnitSpec {
  if (text === 'atr') return { type: 'atr', length: 14, timeframe: '1h', multiple: '1' };
  if (text.endsWith('%')) return { type: 'percent', fraction: String(Number(text.slice(0, -1)) / 100) };
  return { type: 'price', price: text };
}

// --- text --------------------------------------------------------------------------------------------------------------------------

export function sketchText(sketch: PlanSketch): string {
  const plain = PLAIN_SKETCH;
  return [
    ...sketch.wallets.map(({ name, cycle, rungs, confirmation }) => `${name}/${cycle}/${typeof rungs === 'number' ? rungs : rungs.join('+')}/m${confirmation}`),
    ...(sketch.positionMode === plain.positionMode ? [] : [`mode=${sketch.positionMode}`]),
    ...(sketch.leverage === plain.leverage ? [] : [`lev=${sketch.leverage}`]),
    ...(sketch.unit === plain.unit ? [] : [`unit=${sketch.unit}`]),
    ...(sketch.spacing === plain.spacing ? [] : [sketch.spacing]),
    ...(sketch.isJoint ? ['joint'] : []),
    ...(sketch.onAdvance === null ? [] : [`advance=${sketch.onAdvance}`]),
    ...(sketch.resting === plain.resting ? [] : [`resting=${sketch.resting}`]),
    ...(sketch.onGap === plain.onGap ? [] : ['skip']),
    ...(sketch.isStopLimit ? ['stop-limit'] : []),
    ...(sketch.isApart ? ['apart'] : []),
    ...(sketch.capital === plain.capital ? [] : [`capital=${sketch.capital}`]),
    ...(sketch.figures === null ? [] : [`figures=${sketch.figures}`]),
  ].join(' ');
}

const WALLET = /^(long|hedge)\/(rotation|scaling|fragments)\/(\d{1,2}(?:\+\d{1,2})*)\/m([12])$/;

/** The sketch with one more word of a tape in it; null for a word that is not about the plan. The first wallet replaces the plain one. */
export function withSketchWord(sketch: PlanSketch, word: string): PlanSketch | null {
  const [, name, cycle, rungs = '', confirmation] = WALLET.exec(word) ?? [];
  if (name !== undefined) {
    const parts = rungs.split('+').map(Number);
    const wallet = { name: name as WalletName, cycle: cycle as CycleKind, rungs: parts.length === 1 ? (parts[0] ?? 1) : parts, confirmation: Number(confirmation) };
    return { ...sketch, wallets: sketch.wallets === PLAIN_SKETCH.wallets ? [wallet] : [...sketch.wallets, wallet] };
  }
  const [key, value = ''] = word.split('=');
  const isNumber = /^\d+(?:\.\d+)?%?$/.test(value);
  switch (key) {
    case 'mode':
      if (value !== 'hedge' && value !== 'one-way') throw new HedgerowError('INPUT_INVALID', `--tape: mode=${value} is neither hedge nor one-way`);
      return { ...sketch, positionMode: value };
    case 'lev':
      return isNumber ? { ...sketch, leverage: value } : null;
    case 'unit':
      return isNumber || value === 'atr' ? { ...sketch, unit: value } : null;
    case 'capital':
      return isNumber ? { ...sketch, capital: value } : null;
    case 'advance':
      return isNumber ? { ...sketch, onAdvance: Number(value) } : null;
    case 'resting':
      return isNumber ? { ...sketch, resting: Number(value) } : null;
    case 'figures':
      return /^[1-9]$/.test(value) ? { ...sketch, figures: Number(value) } : null;
    case 'geometric':
      return { ...sketch, spacing: 'geometric' };
    case 'joint':
      return { ...sketch, isJoint: true };
    case 'skip':
      return { ...sketch, onGap: 'skip' };
    case 'stop-limit':
      return { ...sketch, isStopLimit: true };
    case 'apart':
      return { ...sketch, isApart: true };
    default:
      return null;
  }
}

// --- drawing and making smaller ------------------------------------------------------------------------------------------------------

export function randomSketch(random: Random): PlanSketch {
  const pick = <T>(first: T, ...others: readonly T[]): T => [first, ...others][random.integer(others.length + 1)] ?? first;
  const rungs = (): WalletSketch['rungs'] => pick<WalletSketch['rungs']>(1, 2, 3, 4, 4, 5, [40, 30, 20, 10], [10, 60, 30]);
  const long = (): WalletSketch => ({ name: 'long', cycle: 'fragments', rungs: rungs(), confirmation: pick(1, 1, 2) });
  const hedge = (): WalletSketch => ({ name: 'hedge', cycle: pick<CycleKind>('rotation', 'scaling'), rungs: rungs(), confirmation: pick(1, 1, 2) });
  const wallets = pick([hedge()], [hedge()], [long()], [long(), hedge()], [long(), hedge()]);
  const hasScaling = wallets.some(({ cycle }) => cycle === 'scaling');
  return {
    wallets,
    positionMode: pick<PositionMode>('hedge', 'one-way'),
    leverage: pick('1', '1', '2', '3'),
    unit: pick('100', '100', '1%', '50', '2%', 'atr'),
    spacing: pick<Spacing>('arithmetic', 'arithmetic', 'geometric'),
    isJoint: hasScaling && pick(true, false),
    onAdvance: pick(null, null, null, 3),
    resting: pick(50, 50, 2, 1),
    onGap: pick<OnGap>('market', 'market', 'skip'),
    isStopLimit: pick(false, false, false, true),
    isApart: wallets.length > 1 && pick(false, true),
    capital: '10000',
    figures: pick(null, null, 5),
  };
}

/** Sketches with one thing less, boldest first. */
export function smallerSketches(sketch: PlanSketch): PlanSketch[] {
  const { wallets } = sketch;
  const fewerWallets = wallets.length < 2 ? [] : wallets.map((wallet) => ({ ...sketch, wallets: [wallet], isApart: false, isJoint: sketch.isJoint && wallet.cycle === 'scaling' }));
  const fewerRungs = wallets.flatMap((wallet, index) => {
    const count = typeof wallet.rungs === 'number' ? wallet.rungs : wallet.rungs.length;
    const replaced = (rungs: number): PlanSketch => ({ ...sketch, wallets: wallets.map((other, at) => (at === index ? { ...wallet, rungs } : other)) });
    return count === 1 ? [] : [...new Set([1, 2, count - 1, typeof wallet.rungs === 'number' ? 1 : count])].filter((rungs) => rungs < count || typeof wallet.rungs !== 'number').map(replaced);
  });
  const plainer = (Object.keys(PLAIN_SKETCH) as (keyof PlanSketch)[])
    .filter((key) => key !== 'wallets' && sketch[key] !== PLAIN_SKETCH[key])
    .map((key) => ({ ...sketch, [key]: PLAIN_SKETCH[key] }));
  return [...fewerWallets, ...fewerRungs, ...plainer];
}
