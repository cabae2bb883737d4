import type { ClusterView } from '../../core/contract/views.ts';
import { printable } from '../output/cell-text.ts';
import { wrongUse } from '../terminal/exit-status.ts';

/** Throws for an unknown cluster: every list about it would just be empty. */
export const requireCluster = (
  clusters: readonly Pick<ClusterView, 'name'>[],
  asked: string | undefined,
): void => {
  if (asked === undefined || clusters.some(({ name }) => name === asked)) return;
  const names = clusters.map(({ name }) => name).join(', ');
  throw wrongUse(`there is no cluster ${JSON.stringify(asked)}`, printable(`there are: ${names}`));
};
