import type { ClusterView, Page } from '../../../src/core/contract/views.ts';
import { ask } from '../api/ask.ts';
import type { Source } from './use-shown.ts';

export const CLUSTERS: Source<readonly ClusterView[]> = {
  of: 'clusters',
  read: async (signal) => {
    const { items } = await ask<Page<ClusterView>>('/api/v1/clusters', { signal });
    return items;
  },
  concerns: ({ type }) => type === 'cluster',
};
