/** The README's diagrams are drawn from the machines. `UPDATE_README=1` rewrites them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { describe, expect, it } from 'vitest';
import { hedgeWalletMachine } from '../../machines/hedge-wallet.machine.ts';
import { longWalletMachine } from '../../machines/long-wallet.machine.ts';
import { planMachine } from '../../machines/plan.machine.ts';
import { mermaidOf } from './mermaid.ts';

const README = new URL('../../README.md', import.meta.url);
const DIAGRAMS: readonly (readonly [string, AnyStateMachine])[] = [
  ['wallet', hedgeWalletMachine],
  ['plan', planMachine],
];

/** The text with `block` between the markers of a diagram. */
function replaceBlock(text: string, name: string, block: string): string {
  const start = `<!-- machine:${name} -->`;
  const end = '<!-- /machine -->';
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`README.md has no ${start} … ${end}; put the two markers where the diagram belongs`);
  return `${text.slice(0, from + start.length)}\n${block}\n${text.slice(to)}`;
}

function blockOf(machine: AnyStateMachine): string {
  return `\`\`\`mermaid\n${mermaidOf(machine)}\n\`\`\``;
}

describe('README', () => {
  if (process.env['UPDATE_README'] === '1') {
    writeFileSync(README, DIAGRAMS.reduce((text, [name, machine]) => replaceBlock(text, name, blockOf(machine)), readFileSync(README, 'utf8')));
  }

  it.each(DIAGRAMS)('shows the %s machine as it is', (name, machine) => {
    const text = readFileSync(README, 'utf8');
    expect(text, 'run UPDATE_README=1 npx vitest run --config test/vitest.config.ts test/machines/mermaid').toBe(replaceBlock(text, name, blockOf(machine)));
  });
});

describe('a diagram', () => {
  it('is the same for both wallets, which differ in their facts only', () => {
    expect(mermaidOf(longWalletMachine)).toBe(mermaidOf(hedgeWalletMachine));
  });

  it('shows guards, eventless transitions, loops, parallel regions and what changes facts only', () => {
    const kit = setup({ types: {} as { events: { type: 'go' } | { type: 'stay' } | { type: 'seen' } }, guards: { ready: () => true } });
    const machine = kit.createMachine({
      type: 'parallel',
      states: {
        watch: { on: { seen: {} } },
        work: { initial: 'idle', states: { idle: { on: { go: { guard: 'ready', target: 'busy' }, stay: {} } }, busy: { always: { guard: 'ready', target: 'idle' } } } },
      },
    });
    expect(mermaidOf(machine)).toBe(
      ['stateDiagram-v2', '  %% beside them, facts only: watch takes seen', '  state work {', '    [*] --> idle', '    idle --> busy: go [ready]', '    idle --> idle: stay', '    busy --> idle: [ready]', '  }'].join('\n'),
    );
  });

  it('refuses guards without a name', () => {
    const machine = setup({}).createMachine({ initial: 'a', states: { a: { on: { go: { guard: () => true, target: 'b' } } }, b: {} } });
    expect(() => mermaidOf(machine)).toThrow(/has a name/);
  });
});
