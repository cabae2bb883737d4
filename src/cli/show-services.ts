import type { DeploymentView, ServiceView } from '../core/views.ts';
import type { Context } from './context.ts';
import { readList } from './read-list.ts';
import { cardLines } from './service-card.ts';
import { tellStory } from './service-story.ts';

/** As many of a service's deployments tell where it stands. */
const HISTORY_READ = 50;

/** Tells all about services that were named whole. */
export const showCards = async (context: Context, named: readonly ServiceView[]): Promise<void> => {
  const api = context.api();
  for (const [index, service] of named.entries()) {
    const query = { cluster: service.cluster, service: service.id };
    const path = '/api/v1/deployments';
    const deployments = await readList<DeploymentView>(api, path, query, HISTORY_READ);
    const lines = cardLines(context, service, tellStory(service, deployments), named.length === 1);
    context.print(...(index === 0 ? [] : ['']), ...lines);
  }
};

/** The same by name or id; false where there is no such service (any more). */
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
