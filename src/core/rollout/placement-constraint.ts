import type { Node } from '../swarm/service.ts';

type Constraint = {
  readonly key: string;
  readonly isEqual: boolean;
  readonly value: string;
};

/** In the order in which swarmkit looks for them (`constraint.Parse`). */
const OPERATORS = ['==', '!='] as const;

const parse = (text: string): Constraint | null => {
  for (const operator of OPERATORS) {
    const at = text.indexOf(operator);
    if (at === -1) continue;
    const key = text.slice(0, at).trim();
    const value = text.slice(at + operator.length).trim();
    return { key, isEqual: operator === '==', value };
  }
  return null;
};

/** Spellings of an architecture, by nodes and by images. An engine may compare either. */
const SPELLINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['amd64', 'x86_64']],
  ['arm64', ['arm64', 'aarch64']],
]);

const NODE_LABELS = 'node.labels.';
const ENGINE_LABELS = 'engine.labels.';

/** A node's values for a key, in each spelling; null if unknown. */
const valuesOf = (key: string, node: Node): readonly string[] | null => {
  const lower = key.toLowerCase();
  // Keys ignore case, but the label's own name is exact.
  if (lower.startsWith(NODE_LABELS)) return [node.labels[key.slice(NODE_LABELS.length)] ?? ''];
  if (lower.startsWith(ENGINE_LABELS)) {
    return [node.engineLabels[key.slice(ENGINE_LABELS.length)] ?? ''];
  }
  switch (lower) {
    case 'node.id':
      return [node.id];
    case 'node.hostname':
      return [node.hostname];
    case 'node.role':
      return node.role === null ? null : [node.role];
    case 'node.platform.os':
      return node.platform === null ? null : [node.platform.os];
    case 'node.platform.arch': {
      if (node.platform === null) return null;
      const { architecture } = node.platform;
      return SPELLINGS.get(architecture) ?? [architecture];
    }
    default:
      return null;
  }
};

/**
 * Whether a node satisfies a placement constraint, compared as swarmkit does (`constraint.NodeMatches`). A constraint
 * that cannot be judged here, such as `node.ip`, counts as satisfied.
 */
export const satisfies = (node: Node, text: string): boolean => {
  const constraint = parse(text);
  const values = constraint === null ? null : valuesOf(constraint.key, node);
  if (constraint === null || values === null) return true;
  const { isEqual, value } = constraint;
  return values.some((one) => (one.toLowerCase() === value.toLowerCase()) === isEqual);
};
