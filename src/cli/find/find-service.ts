import type { ClusterView, ServiceView } from '../../core/contract/views.ts';
import type { ApiClient } from '../client/api-client.ts';
import { downClusters } from '../output/down-clusters.ts';
import { CliFailure, EXIT, wrongUse } from '../terminal/exit-status.ts';
import { noService } from './names.ts';
import { requireCluster } from './require-cluster.ts';
import { readList } from '../client/read-list.ts';

/** The one service with a name or id. `cluster` decides between services of the same name. */
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
      throw new CliFailure(`cannot tell whether the service ${JSON.stringify(name)} exists`, {
        status: EXIT.unknown,
        hint: down.join('\n'),
      });
    }
    throw noService(name, all);
  }
  if (meant.length > 1) {
    const clusters = meant.map((service) => service.cluster).join(', ');
    throw wrongUse(
      `more than one cluster has a service ${JSON.stringify(name)}: ${clusters}`,
      'choose one with --cluster',
    );
  }
  return one;
};

/** The service's path in the API. */
export const servicePath = ({ cluster, name }: Pick<ServiceView, 'cluster' | 'name'>): string =>
  `/api/v1/clusters/${encodeURIComponent(cluster)}/services/${encodeURIComponent(name)}`;
