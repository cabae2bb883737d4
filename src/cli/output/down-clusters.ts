import type { ClusterView } from '../../core/contract/views.ts';
import { printable } from './cell-text.ts';

export type ClusterStand = Pick<ClusterView, 'name' | 'state' | 'problem'>;

/** The clusters that do not answer, among those asked (default: all): one line for each, with the reason. */
export const downClusters = (
  clusters: readonly ClusterStand[],
  asked: string | undefined,
): readonly string[] =>
  clusters
    .filter(({ name, state }) => state === 'down' && (asked === undefined || asked === name))
    .map(({ name, problem }) => {
      const why = (problem ?? 'no reason known').replace(`cluster ${name}: `, '');
      return printable(`cluster ${name} is down: ${why}`);
    });
