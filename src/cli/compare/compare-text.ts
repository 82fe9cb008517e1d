/** A comparison for people: what was set otherwise first, then every figure with its difference, then where the runs part ways. */
import { NOTHING, duration, figure, minuteOf, money, percent, signedMoney, signedPercent } from '../figure-text.ts';
import { printable } from '../style.ts';
import type { Style } from '../style.ts';
import { LINE_COLUMNS, columns, wrappedText } from '../text-layout.ts';
import type { Alignment } from '../text-layout.ts';
import type { Comparison, FigureComparison, FillPair, NamedFill, Parting, PlanComparison } from './comparison.ts';
import type { FigureKind, FigureValue } from './figure-rows.ts';
import type { SettingDifference } from './settings-diff.ts';

/** Results beside the first one in one table: with their differences more do not fit the terminal. */
const OTHERS_BESIDE = 2;
const SETTINGS_SHOWN = 30;
const VALUE_CHARS_MAX = 24;

export function compareText(comparison: Comparison, style: Style): string {
  const { files, unmatched, plans } = comparison;
  const lines = [
    ...files.map(({ file, build }, index) => `${style.bold(letterOf(index))}  ${file}  ${style.dim(`hedgerow ${build}`)}`),
    ...unmatched.flatMap(({ plan, files: there }) => wrappedText('  ', `${plan} is only in ${there.map((file) => letterOf(files.findIndex((each) => each.file === file))).join(', ')}: not compared`).map(style.yellow)),
    ...plans.flatMap((plan) => ['', ...planLines(plan, style)]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** A, B, …, Z, AA. */
function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letterOf(Math.floor(index / 26) - 1) + letter;
}

function planLines(plan: PlanComparison, style: Style): string[] {
  const names = [...new Set(plan.runs.map((run) => `${run.plan}  ${run.symbol}`))];
  return [
    style.bold(names.join(' and ')),
    ...plan.warnings.flatMap((warning) => wrappedText('  ! ', warning)).map(style.yellow),
    ...(plan.isSameResult ? [style.green('  the results are the same, to the last digit')] : []),
    ...settingLines('settings', plan.settings, style),
    ...settingLines('assumptions', plan.assumptions, style),
    ...settingLines('data', plan.data, style),
    '',
    ...figureLines(plan, style),
    ...plan.partings.flatMap((parting, index) => ['', ...partingLines(parting, letterOf(index + 1), style)]),
  ];
}

function settingLines(title: string, differences: readonly SettingDifference[], style: Style): string[] {
  if (differences.length === 0) return [style.dim(`  ${title}: the same`)];
  const letters = (differences[0]?.values ?? []).map((_, index) => letterOf(index));
  const shown = differences.slice(0, SETTINGS_SHOWN);
  const rows = shown.map(({ path, values }) => [path, ...values.map((value) => (value === null ? NOTHING : shortened(unquoted(value))))]);
  const table = fitting([[title, ...letters], ...rows], ['left', ...letters.map((): Alignment => 'left')]);
  const more = differences.length - shown.length;
  return [...table, ...(more > 0 ? [style.dim(`  … and ${more} more, see --json`)] : [])];
}

function unquoted(json: string): string {
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

function shortened(text: string): string {
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX - 1)}…`;
}

function figureLines({ figures, runs }: PlanComparison, style: Style): string[] {
  const others = runs.slice(1).map((_, index) => index + 1);
  const groups = Array.from({ length: Math.ceil(others.length / OTHERS_BESIDE) }, (_, group) => others.slice(group * OTHERS_BESIDE, (group + 1) * OTHERS_BESIDE));
  return groups.flatMap((group, index) => [...(index === 0 ? [] : ['']), ...figureTable(figures, group, style)]);
}

function figureTable(figures: readonly FigureComparison[], others: readonly number[], style: Style): string[] {
  const head = ['figure', 'A', ...others.flatMap((other) => [letterOf(other), `${letterOf(other)} − A`])];
  const rows = figures.map(({ name, kind, values, differences }) => [
    name,
    valueText(kind, values[0] ?? null),
    ...others.flatMap((other) => [valueText(kind, values[other] ?? null), differenceText(kind, values[0] ?? null, values[other] ?? null, differences[other] ?? null)]),
  ]);
  const lines = fitting([head, ...rows], head.map((_, index) => (index === 0 ? 'left' : 'right')));
  return lines.map((line, index) => (index > 0 && figures[index - 1]?.isSame === true ? style.dim(line) : line));
}

function valueText(kind: FigureKind, value: FigureValue): string {
  if (value === null) return NOTHING;
  switch (kind) {
    case 'money':
      return money(String(value));
    case 'share':
      return percent(Number(value));
    case 'number':
      return figure(Number(value));
    case 'count':
      return String(value);
    case 'duration':
      return duration(Number(value) / 1_000);
  }
}

/** Empty for the same value; a difference too small for the digits shown is told as one. */
function differenceText(kind: FigureKind, first: FigureValue, value: FigureValue, difference: FigureValue): string {
  if (first === value) return '';
  if (difference === null) return 'differs';
  const text = signedText(kind, difference);
  return /[1-9]/.test(text) ? text : `${Number(difference) < 0 ? '-' : '+'}tiny`;
}

function signedText(kind: FigureKind, difference: string | number): string {
  const sign = Number(difference) > 0 ? '+' : '';
  switch (kind) {
    case 'money':
      return signedMoney(String(difference));
    case 'share':
      return signedPercent(Number(difference));
    case 'number':
      return `${sign}${figure(Number(difference))}`;
    case 'count':
      return `${sign}${difference}`;
    case 'duration':
      return `${Number(difference) < 0 ? '-' : '+'}${duration(Math.abs(Number(difference)) / 1_000)}`;
  }
}

function partingLines({ money: apart, way, cycles }: Parting, letter: string, style: Style): string[] {
  const title = `A and ${letter}`;
  if (apart === null) return [style.bold(`  ${title}: all fills are the same`)];
  const isOneMoment = way !== null && way.sameFills === apart.sameFills;
  const moved = way === null ? ['  what was done when is the same to the end'] : pairLines(way, `${title} go other ways`, letter, style);
  return [
    ...(isOneMoment ? [] : pairLines(apart, `${title} differ in money`, letter, style)),
    ...moved,
    ...cycles.flatMap(({ wallet, cycle, first, other }) => wrappedText('  ', `first cycle of ${wallet} that came out otherwise: ${cycle}, ${cycleText('A', first)}; ${cycleText(letter, other)}`)),
  ];
}

function pairLines({ sameFills, at, first, other, columns: apart }: FillPair, title: string, letter: string, style: Style): string[] {
  const from = sameFills === 0 ? 'from the first fill on' : `after ${sameFills} ${sameFills === 1 ? 'fill' : 'fills'}`;
  const rows = [['', 'time', 'wallet', 'cycle', 'role', 'level', 'side', 'amount', 'price', 'fee'], fillRow('A', first), fillRow(letter, other)];
  return [
    ...wrappedText('  ', `${title} ${from}, on ${minuteOf(at)} UTC${apart.length === 0 ? '' : `, in ${apart.map((column) => (column === 'at' ? 'time' : column)).join(', ')}`}`).map(style.bold),
    ...fitting(rows, ['left', 'left', 'left', 'right', 'left', 'right', 'left', 'right', 'right', 'right']),
  ];
}

function fillRow(letter: string, fill: NamedFill | null): string[] {
  if (fill === null) return [letter, 'no fill any more'];
  const text = (column: string): string => String(fill[column] ?? NOTHING);
  return [letter, secondOf(Number(fill['at'])), text('wallet'), text('cycle'), text('role'), text('level'), text('side'), text('amount'), text('price'), money(text('fee'))];
}

function secondOf(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function cycleText(letter: string, cycle: Parting['cycles'][number]['first']): string {
  if (cycle === null) return `${letter} has none`;
  const end = cycle.endedAt === null ? 'runs on' : `until ${minuteOf(cycle.endedAt)}`;
  return `${letter} from ${minuteOf(cycle.startedAt)} ${end} with ${signedMoney(cycle.result)}`;
}

/** Columns that fit the terminal: what is too wide is cut at the end of its line. */
function fitting(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string[] {
  return columns(rows, alignments).map((line) => {
    const text = `  ${line}`;
    return text.length <= LINE_COLUMNS ? text : `${text.slice(0, LINE_COLUMNS - 1)}…`;
  });
}
