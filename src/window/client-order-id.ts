/**
 * Client order ids (I1, I2): a slot, its cycle and a generation packed into 128 bits, so that the same intent always has the same
 * id, a retry can never become a second order, and an id read back from an exchange tells what the order was for.
 *
 * Written `hr` + 25 base-36 characters ([A-Za-z0-9], ≤ 32: Binance, Bybit, OKX) or `0x` + 32 hex digits (Hyperliquid).
 */
import { MARKET_ROLES } from '../domain/ladder.ts';
import type { Fill } from '../domain/ladder.ts';
import { invariant } from '../domain/invariant.ts';
import { ROLES } from '../domain/strategy.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { Leg } from '../domain/wallet.ts';

export type ClientOrderIdForm = 'alphanumeric' | 'hex128';

/** What an id stands for, without the generation. */
export interface OrderIdentity {
  /** 32 bits that name the plan, see `planTag`. */
  readonly planTag: number;
  readonly wallet: WalletName;
  readonly role: Fill['role'];
  readonly leg: Leg;
  /** The order carries legs of several slots; the identity is its first leg's. */
  readonly isNetted: boolean;
  readonly level: number | null;
  readonly cycle: number;
}

const MAGIC = 0x68e;
const LAYOUT_VERSION = 1;
const WALLETS: readonly WalletName[] = ['long', 'hedge'];
const LEGS: readonly Leg[] = ['open-long', 'close-long', 'open-short', 'close-short'];
const ALL_ROLES: readonly Fill['role'][] = [...ROLES, ...MARKET_ROLES];
const LEVEL_OFFSET = 2 ** 23;
const BASE36_LENGTH = 25;
const ALPHANUMERIC = /^hr[0-9a-z]{25}$/;
const HEX128 = /^0x[0-9a-f]{32}$/;

/** Field widths in bits, most significant first; they add up to 128. */
const FIELDS = [
  ['magic', 12],
  ['version', 4],
  ['planTag', 32],
  ['wallet', 2],
  ['role', 4],
  ['leg', 2],
  ['isNetted', 1],
  ['hasLevel', 1],
  ['level', 24],
  ['cycle', 20],
  ['generation', 16],
  ['checksum', 10],
] as const;
type Field = (typeof FIELDS)[number][0];

/** FNV-1a, 32 bits: https://datatracker.ietf.org/doc/draft-eastlake-fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/** The lower bits of a plan tag tell the lives of one plan apart. */
const LIFE_BITS = 12;

/** 32 bits that tell plans on one account apart: 20 of its name, and 12 of `startedAt`, which makes a plan that was started anew a different one. */
export function planTag(venue: string, name: string, startedAt: number): number {
  const plan = fnv1a(`${venue}\n${name}`) >>> LIFE_BITS;
  return ((plan << LIFE_BITS) | fnv1a(String(startedAt)) >>> (32 - LIFE_BITS)) >>> 0;
}

/** Two tags of one plan, of the same life or of another: a store that was lost begins a new one. */
export function isSamePlan(tag: number, other: number): boolean {
  return tag >>> LIFE_BITS === other >>> LIFE_BITS;
}

export function encodeClientOrderId(identity: OrderIdentity, generation: number, form: ClientOrderIdForm): string {
  const values: Record<Field, number> = {
    magic: MAGIC,
    version: LAYOUT_VERSION,
    planTag: identity.planTag,
    wallet: WALLETS.indexOf(identity.wallet),
    role: ALL_ROLES.indexOf(identity.role),
    leg: LEGS.indexOf(identity.leg),
    isNetted: identity.isNetted ? 1 : 0,
    hasLevel: identity.level === null ? 0 : 1,
    level: (identity.level ?? 0) + LEVEL_OFFSET,
    cycle: identity.cycle,
    generation,
    checksum: 0,
  };
  const bits = pack({ ...values, checksum: checksumOf(pack(values)) });
  return form === 'hex128' ? `0x${bits.toString(16).padStart(32, '0')}` : `hr${bits.toString(36).padStart(BASE36_LENGTH, '0')}`;
}

function pack(values: Record<Field, number>): bigint {
  return FIELDS.reduce((bits, [field, width]) => {
    const value = values[field];
    invariant(value >= 0 && value < 2 ** width, 'I2 every part of a client order id fits its field', { field, value });
    return (bits << BigInt(width)) | BigInt(value);
  }, 0n);
}

function checksumOf(bits: bigint): number {
  return fnv1a(bits.toString(16)) % 2 ** 10;
}

/** The inverse of `encodeClientOrderId` for both forms; null for ids that are not ours. */
export function decodeClientOrderId(id: string): (OrderIdentity & { readonly generation: number }) | null {
  const bits = readBits(id);
  if (bits === null) return null;
  const values = unpack(bits);
  if (values.magic !== MAGIC || values.version !== LAYOUT_VERSION) return null;
  if (values.checksum !== checksumOf(pack({ ...values, checksum: 0 }))) return null;
  const wallet = WALLETS[values.wallet];
  const role = ALL_ROLES[values.role];
  const leg = LEGS[values.leg];
  if (wallet === undefined || role === undefined || leg === undefined) return null;
  const level = values.hasLevel === 1 ? values.level - LEVEL_OFFSET : null;
  return { planTag: values.planTag, wallet, role, leg, isNetted: values.isNetted === 1, level, cycle: values.cycle, generation: values.generation };
}

function readBits(id: string): bigint | null {
  if (HEX128.test(id)) return BigInt(id);
  if (!ALPHANUMERIC.test(id)) return null;
  let bits = 0n;
  for (const digit of id.slice(2)) bits = bits * 36n + BigInt(parseInt(digit, 36));
  return bits < 1n << 128n ? bits : null;
}

function unpack(bits: bigint): Record<Field, number> {
  const values: Partial<Record<Field, number>> = {};
  let rest = bits;
  for (const [field, width] of [...FIELDS].reverse()) {
    values[field] = Number(rest & ((1n << BigInt(width)) - 1n));
    rest >>= BigInt(width);
  }
  return values as Record<Field, number>;
}
