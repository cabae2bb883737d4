import type { ServiceView } from '../../../src/core/contract/views.ts';
import { ask } from '../api/ask.ts';
import type { Source } from './use-shown.ts';

const CHANGES = new Set([
  'deployment',
  'health',
  'published',
  'check',
  'freeze',
  'cluster',
  'action',
]);

/** One service, by name or id. */
export const serviceShown = (cluster: string, name: string): Source<ServiceView> => ({
  of: `service ${cluster}/${name}`,
  read: (signal) =>
    ask(`/api/v1/clusters/${encodeURIComponent(cluster)}/services/${encodeURIComponent(name)}`, {
      signal,
    }),
  concerns: ({ type }) => CHANGES.has(type),
});
