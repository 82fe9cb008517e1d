/**
 * Makes a path that breaks something as short and plain as possible while it still breaks the same thing: cut after the fault, leave
 * out runs of moves, round moves, calm the world. Deterministic and bounded.
 */
import { CALM } from './sim-path.ts';
import type { Conditions, Move, SimPath } from './sim-path.ts';

/** Step at which the path still breaks the same invariant, null when it does not. */
export type StillBroken = (path: SimPath) => Promise<number | null>;

const ATTEMPTS_MAX = 600;

export async function shrinkPath(broken: SimPath, step: number, stillBroken: StillBroken): Promise<SimPath> {
  let attempts = 0;
  let best: SimPath = { ...broken, moves: broken.moves.slice(0, Math.max(step, 1)) };
  const attempt = async (candidate: SimPath): Promise<boolean> => {
    if (attempts >= ATTEMPTS_MAX || candidate.moves.length === 0) return false;
    attempts += 1;
    const at = await stillBroken(candidate);
    if (at === null) return false;
    best = { ...candidate, moves: candidate.moves.slice(0, Math.max(at, 1)) };
    return true;
  };
  if (!(await attempt(best))) return broken;
  for (let before = ''; before !== JSON.stringify(best); ) {
    before = JSON.stringify(best);
    for (const conditions of calmer(best.conditions)) await attempt({ ...best, conditions });
    for (let size = Math.ceil(best.moves.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < best.moves.length; ) {
        const shorter = await attempt({ ...best, moves: [...best.moves.slice(0, from), ...best.moves.slice(from + size)] });
        if (!shorter) from += size;
      }
    }
    for (let index = 0; index < best.moves.length; index += 1) {
      for (const move of plainer(best.moves[index] as Move)) {
        if (await attempt({ ...best, moves: best.moves.map((old, at) => (at === index ? move : old)) })) break;
      }
    }
  }
  return best;
}

function calmer(conditions: Conditions): Conditions[] {
  return (Object.keys(CALM) as (keyof Conditions)[]).filter((key) => conditions[key] !== CALM[key]).map((key) => ({ ...conditions, [key]: CALM[key] }));
}

function plainer(move: Move): Move[] {
  if (move.type === 'level') return move.ticks === 0 ? [] : [{ ...move, ticks: 0 }];
  const units = Math.round(move.hundredths / 100) * 100;
  const halves = Math.round(move.hundredths / 50) * 50;
  const tenths = Math.round(move.hundredths / 10) * 10;
  return [...new Set([units, halves, tenths])].filter((hundredths) => hundredths !== move.hundredths && hundredths !== 0).map((hundredths) => ({ type: 'by', hundredths }));
}
