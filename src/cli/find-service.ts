import { closest } from '../config/closest.ts';
import type { ClusterView, ServiceView } from '../core/views.ts';
import type { ApiClient } from './api-client.ts';
import { printable } from './cell-text.ts';
import { downClusters } from './down-clusters.ts';
import { CliFailure, EXIT, wrongUse } from './exit-status.ts';
import { requireCluster } from './require-cluster.ts';
import { readList } from './read-list.ts';

const MOST_SUGGESTED = 5;

/** There is no such service; the hint names those that may be meant. */
const noService = (name: string, all: readonly ServiceView[]): CliFailure => {
  const names = [...new Set(all.map((service) => service.name))];
  const near = names.filter((other) => other.includes(name)).slice(0, MOST_SUGGESTED);
  const like = near.length > 0 ? near : [closest(name, names)].filter((one) => one !== null);
  return wrongUse(
    `there is no service ${JSON.stringify(name)}`,
    like.length === 0
      ? 'cd-helper status shows all'
      : `did you mean ${like.map(printable).join(', ')}?`,
  );
};

const isPattern = (text: string): boolean => /[*?]/.test(text);

/** Refuses names of services that do not exist; patterns may match nothing. Where a cluster is down, nobody can tell. */
export const requireServices = async (
  api: ApiClient,
  names: readonly string[],
  cluster: string | undefined,
): Promise<void> => {
  const exact = names.filter((name) => !isPattern(name));
  if (exact.length === 0) return;
  const all = await readList<ServiceView>(api, '/api/v1/services', { cluster });
  const missing = exact.find((name) => !all.some((one) => one.name === name || one.id === name));
  if (missing === undefined) return;
  const clusters = await readList<ClusterView>(api, '/api/v1/clusters', {});
  requireCluster(clusters, cluster);
  if (downClusters(clusters, cluster).length === 0) throw noService(missing, all);
};

/** The one service that is meant by a name or id, `cluster` telling apart those of one name. */
export const findService = async (
  api: ApiClient,
  name: string,
  cluster: string | undefined,
): Promise<ServiceView> => {
  const all = await readList<ServiceView>(api, '/api/v1/services', { cluster });
  const meant = all.filter((service) => service.name === name || service.id === name);
  const [one] = meant;
  if (one === undefined) {
    const clusters = await readList<ClusterView>(api, '/api/v1/clusters', {});
    requireCluster(clusters, cluster);
    const down = downClusters(clusters, cluster);
    if (down.length > 0) {
      throw new CliFailure(`whether there is a service ${JSON.stringify(name)} cannot be told`, {
        status: EXIT.unknown,
        hint: down.join('\n'),
      });
    }
    throw noService(name, all);
  }
  if (meant.length > 1) {
    const clusters = meant.map((service) => service.cluster).join(', ');
    throw wrongUse(
      `several clusters have a service ${JSON.stringify(name)}: ${clusters}`,
      'say which one by --cluster',
    );
  }
  return one;
};

/** Path of the service at the API. */
export const servicePath = ({ cluster, name }: ServiceView): string =>
  `/api/v1/clusters/${encodeURIComponent(cluster)}/services/${encodeURIComponent(name)}`;
