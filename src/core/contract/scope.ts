import { matchesGlob } from '../glob.ts';

/** What a token may see and act on: clusters × stacks. Patterns; null limits nothing. */
export type Scope = {
  readonly clusters: readonly string[] | null;
  readonly stacks: readonly string[] | null;
};

const isNamed = (name: string, patterns: readonly string[] | null): boolean =>
  patterns === null || patterns.some((pattern) => matchesGlob(pattern, name));

export const isClusterInScope = (scope: Scope, cluster: string): boolean =>
  isNamed(cluster, scope.clusters);

/** A token that is limited to stacks does not see services without a stack. */
export const isStackInScope = (scope: Scope, stack: string | null): boolean =>
  stack === null ? scope.stacks === null : isNamed(stack, scope.stacks);

export const isInScope = (
  scope: Scope,
  { cluster, stack }: { readonly cluster: string; readonly stack: string | null },
): boolean => isClusterInScope(scope, cluster) && isStackInScope(scope, stack);

/** For a person: `clusters qa, stacks shop*`. */
export const tellScope = ({ clusters, stacks }: Scope): string =>
  [
    ...(clusters === null ? [] : [`clusters ${clusters.join(', ')}`]),
    ...(stacks === null ? [] : [`stacks ${stacks.join(', ')}`]),
  ].join('; ');
