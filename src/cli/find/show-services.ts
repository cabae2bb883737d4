import type { DeploymentView, RollbackView, ServiceView } from '../../core/contract/views.ts';
import type { ApiClient } from '../client/api-client.ts';
import type { Context } from '../client/context.ts';
import { CliFailure } from '../terminal/exit-status.ts';
import { servicePath } from './find-service.ts';
import { readList } from '../client/read-list.ts';
import { cardLines } from '../show/service-card.ts';
import { tellStory } from '../../core/story/service-story.ts';

/** Deployments to read: enough to explain a service's state. */
const HISTORY_READ = 50;

type Past = Pick<RollbackView, 'targets' | 'others'>;

/** The images that it may roll back to; none if the helper is too old to list them. */
const readPast = async (api: ApiClient, service: ServiceView): Promise<Past> => {
  const none: Past = { targets: [], others: [] };
  try {
    return { ...none, ...(await api.get<Partial<Past>>(`${servicePath(service)}/rollback`)) };
  } catch (error) {
    if (error instanceof CliFailure) return none;
    throw error;
  }
};

/** The same service with the tags that it follows, which lists omit. Unchanged if the service is gone meanwhile. */
export const readTracked = async (api: ApiClient, service: ServiceView): Promise<ServiceView> => {
  if (service.track === undefined) return service;
  try {
    const { tracking } = await api.get<ServiceView>(servicePath(service));
    return tracking === undefined ? service : { ...service, tracking };
  } catch (error) {
    if (error instanceof CliFailure) return service;
    throw error;
  }
};

/** Shows full details of services that were given by their full name. */
export const showCards = async (context: Context, named: readonly ServiceView[]): Promise<void> => {
  const api = context.api();
  for (const [index, service] of named.entries()) {
    const query = { cluster: service.cluster, service: service.id };
    const path = '/api/v1/deployments';
    const deployments = await readList<DeploymentView>(api, path, query, HISTORY_READ);
    const story = tellStory(service, deployments, await readPast(api, service));
    const lines = cardLines(context, await readTracked(api, service), story, named.length === 1);
    context.print(...(index === 0 ? [] : ['']), ...lines);
  }
};

/** The same by name or id; false if there is no such service (any more). */
export const showServices = async (
  context: Context,
  name: string,
  cluster: string | undefined,
): Promise<boolean> => {
  const all = await readList<ServiceView>(context.api(), '/api/v1/services', { cluster });
  const named = all.filter((service) => service.name === name || service.id === name);
  await showCards(context, named);
  return named.length > 0;
};
