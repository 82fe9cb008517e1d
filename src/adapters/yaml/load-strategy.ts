/**
 * A strategy file, read and resolved: every default filled in, every number exact, or one STRATEGY_INVALID error that
 * lists all problems as `file:line:col: path: what was found, what was expected`.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { z } from 'zod';
import { D, maxOf, plain } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { EXCHANGE_RULES } from '../../domain/exchange-rules.ts';
import { RISK_LIMITS, ROLES, type ConnectionSpec, type RiskLimit, type Role, type Strategy, type UnitSpec, type WalletName, type WalletSpec, type WindowSpec } from '../../domain/strategy.ts';
import { credentialFindings } from './credential-rules.ts';
import { applyOverrides, blamed, type Override } from './overrides.ts';
import { foundText, formatProblems, type Path, type Problem } from './problems.ts';
import { ROLES_OF_CYCLE, ruleFindings } from './strategy-rules.ts';
import { DEFAULT_FRAGMENTS, DEFAULT_MIN_AMOUNT, strategyFileSchema, unknownKeyMessage, type StrategyFile } from './strategy-schema.ts';
import { valueAt, type RuleFinding } from './tree-values.ts';
import { MAX_FILE_BYTES, TOO_LARGE, readYamlTree, type Tree, type TreeReading } from './yaml-tree.ts';

/** Reads strategy text. `fileName` appears in messages only. Throws STRATEGY_INVALID, and INPUT_INVALID for overrides that fit nowhere. */
export function parseStrategy(text: string, fileName: string, overrides: readonly Override[] = []): Strategy {
  const written = readYamlTree(text);
  const refuse = (problems: readonly Problem[]): never => {
    throw new HedgerowError('STRATEGY_INVALID', formatProblems(fileName, text, problems.map((problem) => blamed(problem, overrides, written.tree))));
  };
  const inFile = problemsOfFindings(written, credentialFindings(written.tree));
  if (inFile.length > 0) throw new HedgerowError('STRATEGY_INVALID', formatProblems(fileName, text, inFile));
  if (!written.isWhole) throw new HedgerowError('STRATEGY_INVALID', formatProblems(fileName, text, written.problems));
  const reading = overrides.length === 0 ? written : { ...written, tree: applyOverrides(written.tree, overrides) };
  const credentials = overrides.length === 0 ? [] : problemsOfFindings(reading, credentialFindings(reading.tree));
  if (credentials.length > 0) return refuse(credentials);
  const parsed = strategyFileSchema.safeParse(reading.tree);
  const schemaProblems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOfIssue(reading, issue, []));
  const problems = [...reading.problems, ...schemaProblems, ...problemsOfFindings(reading, ruleFindings(reading.tree))];
  if (problems.length > 0 || !parsed.success) return refuse(problems);
  return resolve(parsed.data, walletOrder(reading.tree));
}

/** Reads a strategy file. Throws INPUT_INVALID when it cannot be read, STRATEGY_INVALID for what it says. */
export async function loadStrategyFile(path: string, overrides: readonly Override[] = []): Promise<Strategy> {
  const bytes = await readBounded(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const found = isUtf16 ? 'UTF-16 text' : 'bytes that are not UTF-8';
    throw new HedgerowError('STRATEGY_INVALID', `${path}:1:1: found ${found}, expected UTF-8; save the file as UTF-8`, { cause });
  }
  return parseStrategy(text, path, overrides);
}

// ---- reading the file --------------------------------------------------------------------------------------------------

async function readBounded(path: string): Promise<Uint8Array> {
  let file: FileHandle | null = null;
  try {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    const stats = await stat(path);
    if (!stats.isFile()) {
      const kind = stats.isDirectory() ? 'a directory; name a strategy file in it' : 'not a regular file; name a strategy file';
      throw new HedgerowError('INPUT_INVALID', `${path} is ${kind}, such as strategies/btc-rotation.yaml`);
    }
    file = await open(path, 'r');
    const bytes = await readUpTo(file, MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) throw new HedgerowError('STRATEGY_INVALID', `${path}:1:1: ${TOO_LARGE}`);
    return bytes;
  } catch (cause) {
    if (cause instanceof HedgerowError) throw cause;
    throw new HedgerowError('INPUT_INVALID', unreadable(path, cause), { cause });
  } finally {
    await file?.close();
  }
}

async function readUpTo(file: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const { bytesRead } = await file.read(buffer, length, limit - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function unreadable(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${path} does not exist; check the path, or list strategies/`;
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read; give this user read permission (chmod u+r)`;
    default:
      return `${path} cannot be read (${code === '' ? 'not a valid path' : code}); name a readable strategy file`;
  }
}

// ---- problems ----------------------------------------------------------------------------------------------------------

type Issue = z.core.$ZodIssue;

function problemsOfIssue(reading: TreeReading, issue: Issue, prefix: Path): Problem[] {
  const path: Path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const keyPath = [...path, key];
      return { path: keyPath, span: reading.places.ofKey(keyPath), message: unknownKeyMessage(issue.message, key) };
    });
  }
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((issues) => issues.length > 0 && !issues.some((each) => isOtherKind(each, valueAt(reading.tree, path))));
    if (branch !== undefined) return branch.flatMap((each) => problemsOfIssue(reading, each, path));
  }
  const value = valueAt(reading.tree, path);
  const span = value === undefined ? reading.places.ofKey(path.slice(0, -1)) : reading.places.ofValue(path);
  const found = value === undefined ? 'missing' : `found ${foundText(value)}`;
  return [{ path, span, message: `${found}, expected ${issue.message}` }];
}

/** True when an alternative of the schema is for another kind of value (a list, a block, text) than the one found. */
function isOtherKind(issue: Issue, found: Tree | undefined): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof found !== 'string');
}

function problemsOfFindings(reading: TreeReading, findings: readonly RuleFinding[]): Problem[] {
  return findings.map(({ path, at, message }) => ({
    path,
    span: at === 'key' ? reading.places.ofKey(path) : reading.places.ofValue(path),
    message,
  }));
}

// ---- resolving ---------------------------------------------------------------------------------------------------------

function walletOrder(tree: Tree): readonly WalletName[] {
  const wallets = valueAt(tree, ['wallets']);
  return Object.keys(wallets ?? {}).filter((name): name is WalletName => name === 'long' || name === 'hedge');
}

function resolve(file: StrategyFile, order: readonly WalletName[]): Strategy {
  const wallets = order.map((name) => resolveWallet(file, name)).filter((wallet) => wallet !== null);
  return {
    version: file.version,
    name: file.name,
    symbol: file.symbol,
    exchange: resolveExchange(file),
    leverage: file.leverage,
    unit: resolveUnit(file.unit),
    spacing: file.spacing,
    reset: { policy: file.reset.policy, onAdvance: file.reset.onAdvance ?? null },
    rebalanceThreshold: file.rebalance.threshold,
    wallets,
    windows: resolveWindows(file, wallets),
    risk: resolveRisk(file),
  };
}

function resolveExchange(file: StrategyFile): Strategy['exchange'] {
  const { id, account, positionMode, marginMode, triggerBy, market } = file.exchange;
  const rest = { id, account, marginMode, triggerBy };
  if (id !== 'simulated') return { ...rest, positionMode: positionMode ?? EXCHANGE_RULES[id].positionModes[0], market: null, connection: resolveConnection(file.exchange) };
  const minAmount = market.minAmount ?? plain(maxOf(new D(DEFAULT_MIN_AMOUNT), new D(market.amountStep)));
  const { significantFigures, ...limits } = market;
  return { ...rest, positionMode: positionMode ?? 'hedge', market: { ...limits, minAmount, ...(significantFigures !== undefined && { significantFigures }) }, connection: null };
}

function resolveConnection({ sandbox, demo, urls, proxy, options }: StrategyFile['exchange']): ConnectionSpec {
  const environment = sandbox ? 'sandbox' : demo ? 'demo' : 'production';
  const proxies = Object.fromEntries(Object.entries(proxy).filter(([, url]) => url !== undefined));
  return { environment, restUrl: urls.rest ?? null, streamUrl: urls.stream ?? null, proxies, options };
}

function resolveUnit(unit: StrategyFile['unit']): UnitSpec {
  if (unit.price !== undefined) return { type: 'price', price: unit.price };
  if (unit.percent !== undefined) return { type: 'percent', fraction: unit.percent };
  if (unit.margin !== undefined) return { type: 'margin', fraction: unit.margin };
  if (unit.atr !== undefined) return { type: 'atr', ...unit.atr };
  throw new HedgerowError('INVARIANT_BROKEN', 'a unit without a form passed the rules of strategy files');
}

function resolveWallet(file: StrategyFile, name: WalletName): WalletSpec | null {
  const wallet = file.wallets[name];
  if (wallet === undefined) return null;
  return {
    name,
    capital: wallet.capital,
    cycle: 'cycle' in wallet ? wallet.cycle : 'fragments',
    weights: wallet.fragments,
    confirmation: wallet.confirmation,
    account: wallet.account ?? file.exchange.account,
  };
}

function resolveWindows(file: StrategyFile, wallets: readonly WalletSpec[]): Record<Role, WindowSpec> {
  const entries = ROLES.map((role): [Role, WindowSpec] => {
    const window = file.windows[role];
    return [
      role,
      {
        order: window.order,
        limitOffset: window.limitOffset ?? null,
        triggerBy: window.triggerBy ?? file.exchange.triggerBy,
        onGap: 'onGap' in window ? window.onGap : 'market',
        resting: window.resting ?? defaultResting(role, wallets),
      },
    ];
  });
  return Object.fromEntries(entries) as Record<Role, WindowSpec>;
}

/**
 * All rungs of the wallet that uses the role. The stop-loss of both wallets: those of the long wallet, because a rotation's
 * full stop is one order. A role that nobody uses has no orders; it gets the first wallet's number.
 */
function defaultResting(role: Role, wallets: readonly WalletSpec[]): number {
  const users = wallets.filter((wallet) => ROLES_OF_CYCLE[wallet.cycle].includes(role));
  const owner = users.find((wallet) => wallet.name === 'long') ?? users[0] ?? wallets[0];
  return owner === undefined ? DEFAULT_FRAGMENTS : owner.weights.length;
}

function resolveRisk(file: StrategyFile): RiskLimit[] {
  return RISK_LIMITS.flatMap((name): RiskLimit[] => {
    if (name === 'maxDailyLoss') {
      const given = file.risk.maxDailyLoss;
      return given === undefined ? [] : [{ name, limit: given.limit.limit, unit: given.limit.unit, action: given.action }];
    }
    const given = file.risk[name];
    const unit = name === 'maxDrawdown' || name === 'maxMarginRatio' ? 'fraction' : 'quote';
    return given === undefined ? [] : [{ name, limit: given.limit, unit, action: given.action }];
  });
}
