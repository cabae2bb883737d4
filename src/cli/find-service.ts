import type { ClusterView, ServiceView } from '../core/views.ts';
import type { ApiClient } from './api-client.ts';
import { printable } from './cell-text.ts';
import { downClusters } from './down-clusters.ts';
import { CliFailure, EXIT, wrongUse } from './exit-status.ts';
import { requireCluster } from './require-cluster.ts';
import { readList } from './read-list.ts';

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
    const near = all.filter((service) => service.name.includes(name)).slice(0, 5);
    const names = near.map((service) => printable(service.name)).join(', ');
    throw wrongUse(
      `there is no service ${JSON.stringify(name)}`,
      near.length === 0 ? 'cd-helper status shows all' : `did you mean ${names}?`,
    );
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
