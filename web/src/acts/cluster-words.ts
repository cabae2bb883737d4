import type { ClusterView } from '../../../src/core/contract/views.ts';

/** `production (Docker Engine 28.5.1, API 1.51)` */
export const clusterWords = (name: string, cluster: ClusterView | null): string => {
  const description = cluster?.description ?? null;
  return description === null ? name : `${name} (${description})`;
};
