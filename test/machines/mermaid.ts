/** Writes a machine down as a Mermaid state diagram: states, transitions with their guards, parallel regions. Pure. */
import type { AnyStateMachine } from 'xstate';

type Node = AnyStateMachine['root'];

interface Edge {
  readonly source: Node;
  readonly target: Node | null;
  readonly label: string;
}

export function mermaidOf(machine: AnyStateMachine): string {
  return ['stateDiagram-v2', ...notes(machine.root), ...inside(machine.root, '  ')].join('\n');
}

/** The states and transitions within a node. */
function inside(node: Node, indent: string): string[] {
  const children = Object.values(node.states);
  if (node.type === 'parallel') {
    return children.filter((region) => Object.keys(region.states).length > 0).flatMap((region) => [`${indent}state ${region.key} {`, ...inside(region, `${indent}  `), `${indent}}`]);
  }
  const initial = node.initial.target?.[0];
  return [
    ...(initial === undefined ? [] : [`${indent}[*] --> ${initial.key}`]),
    ...children.flatMap((child) => edgesOf(child).map(({ source, target, label }) => `${indent}${source.key} --> ${(target ?? source).key}: ${label}`)),
  ];
}

/** Everything that can happen in a state; what stays in it is drawn as a loop. */
function edgesOf(node: Node): Edge[] {
  const byEvent = [...node.transitions.values()].flat();
  const eventless = node.always ?? [];
  return [...eventless, ...byEvent].map(({ source, target, eventType, guard }) => {
    const condition = guard === undefined ? '' : `[${guardName(guard)}]`;
    return { source, target: target?.[0] ?? null, label: [eventType, condition].filter((part) => part !== '').join(' ') };
  });
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return String(guard.type);
  throw new TypeError('a guard in a machine has a name; give it one in setup()');
}

/** Events that are taken in every state and change facts only. */
function notes(root: Node): string[] {
  const events = [...root.transitions.keys()];
  const silent = Object.values(root.states).filter((region) => root.type === 'parallel' && Object.keys(region.states).length === 0);
  return [
    ...(events.length === 0 ? [] : [`  %% in every state, facts only: ${events.join(', ')}`]),
    ...silent.map((region) => `  %% beside them, facts only: ${region.key} takes ${[...region.transitions.keys()].join(', ')}`),
  ];
}
