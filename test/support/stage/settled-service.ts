import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import type { EngineTask, Services } from '../../../sandbox/swarm/services.ts';

/** The engine reports times in seconds, and a new task appears a moment later. */
const MARGIN_MS = 1_500;

/**
 * Deploys a service and waits until its tasks have run for the monitor period of an update, so that its image counts as
 * proven.
 */
export const deploySettled = async (
  services: Services,
  request: ServiceRequest & { readonly monitorMs: number },
): Promise<string> => {
  const [id = ''] = await services.deploy(request);
  await waitUntil(
    async () => {
      const running = (await services.tasks(id)).filter(({ Status }) => Status.State === 'running');
      const newest = Math.max(0, ...running.map(({ UpdatedAt }) => Date.parse(UpdatedAt)));
      return Date.now() - newest > request.monitorMs + MARGIN_MS ? true : null;
    },
    { what: `${request.name} has run for a while`, withinMs: 60_000, everyMs: 100 },
  );
  return id;
};

/** Tasks by slot, or by node for a global service, oldest first. */
export const tasksBySlot = (tasks: readonly EngineTask[]): readonly (readonly EngineTask[])[] => [
  ...Map.groupBy(tasks, ({ Slot, NodeID }) => String(Slot ?? NodeID)).values(),
];

export const digestOfTask = ({ Spec }: EngineTask): string =>
  Spec.ContainerSpec.Image.slice(Spec.ContainerSpec.Image.indexOf('@') + 1);
