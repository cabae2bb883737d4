import { closest } from '../../config/source/closest.ts';
import type { ClusterView, DeploymentView, Page, ServiceView } from '../../core/contract/views.ts';
import type { ApiClient } from '../client/api-client.ts';
import { printable } from '../output/cell-text.ts';
import { downClusters } from '../output/down-clusters.ts';
import { type CliFailure, wrongUse } from '../terminal/exit-status.ts';
import { readList } from '../client/read-list.ts';
import { requireCluster } from './require-cluster.ts';

const MOST_SUGGESTED = 5;

/** A service's name in its stack file. People often type it instead of the full name. */
const withoutStack = (name: string): string => name.slice(name.indexOf('_') + 1);

/** The names that a misspelt one may mean: those that contain it, otherwise the most similar. */
const meantBy = (name: string, known: readonly string[]): readonly string[] => {
  const names = [...new Set(known)];
  const holding = names.filter((other) => name !== '' && other.includes(name));
  if (holding.length > 0) return holding.slice(0, MOST_SUGGESTED);
  const near = closest(name, names);
  if (near !== null) return [near];
  const ends = closest(name, names.map(withoutStack));
  return names.filter((other) => withoutStack(other) === ends).slice(0, MOST_SUGGESTED);
};

/**
 * The error for a name that does not exist, the same in every command.
 *
 * @param what the kind of name: `service`, `stack`
 * @param elsewhere where to see all names, if no name is similar
 */
export const noSuch = (
  what: string,
  name: string,
  known: readonly string[],
  elsewhere: string,
): CliFailure => {
  const meant = meantBy(name, known);
  return wrongUse(
    `there is no ${what} ${JSON.stringify(name)}`,
    meant.length === 0 ? elsewhere : `did you mean ${meant.map(printable).join(', ')}?`,
  );
};

export const noService = (name: string, all: readonly ServiceView[]): CliFailure =>
  noSuch(
    'service',
    name,
    all.map((service) => service.name),
    'cd-helper status shows all',
  );

/** Names from the command line. A pattern may match nothing. */
export type GivenNames = {
  readonly cluster?: string | undefined;
  readonly stacks?: readonly string[];
  /** Names or ids. */
  readonly services?: readonly string[];
};

export const isPattern = (text: string): boolean => /[*?]/.test(text);

const isOf =
  (name: string) =>
  (service: ServiceView): boolean =>
    service.name === name || service.id === name;

/**
 * Throws for clusters, stacks and services that do not exist. If a cluster is down, its services are unknown and not
 * checked.
 */
export const requireNames = async (
  api: ApiClient,
  { cluster, stacks = [], services = [] }: GivenNames,
): Promise<void> => {
  const givenStacks = stacks.filter((name) => !isPattern(name));
  const givenServices = services.filter((name) => !isPattern(name));
  if (cluster === undefined && givenStacks.length === 0 && givenServices.length === 0) return;
  const clusters = await readList<ClusterView>(api, '/api/v1/clusters', {});
  requireCluster(clusters, cluster);
  if (givenStacks.length === 0 && givenServices.length === 0) return;
  const all = await readList<ServiceView>(api, '/api/v1/services', { cluster });
  if (downClusters(clusters, cluster).length > 0) return;
  const stack = givenStacks.find((name) => !all.some((one) => one.stack === name));
  if (stack !== undefined) {
    const known = all.flatMap((one) => one.stack ?? []);
    throw noSuch('stack', stack, known, 'cd-helper status shows all');
  }
  const service = givenServices.find((name) => !all.some(isOf(name)));
  if (service !== undefined) throw noService(service, all);
};

/** The same for history, which also contains removed services. */
export const requireNamesInHistory = async (
  api: ApiClient,
  {
    cluster,
    service,
  }: { readonly cluster?: string | undefined; readonly service?: string | undefined },
): Promise<void> => {
  await requireNames(api, { cluster });
  if (service === undefined) return;
  const query = { service, limit: 1 };
  const { items } = await api.get<Page<DeploymentView>>('/api/v1/deployments', query);
  if (items.length === 0) await requireNames(api, { cluster, services: [service] });
};
