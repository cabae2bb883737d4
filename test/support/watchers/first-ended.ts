import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { RunningHelper } from '../program/start-helper.ts';

/** Waits for the end of a service's first deployment, whether it is retried or not. */
export const firstEnded = (
  helper: Pick<RunningHelper, 'deployments'>,
  name: string,
): Promise<DeploymentView> =>
  waitUntil(
    async () => {
      const first = (await helper.deployments(`?service=${name}`)).at(-1);
      return first === undefined || first.endedAt === null ? null : first;
    },
    { what: `the first deployment of ${name} has ended`, withinMs: 120_000, everyMs: 250 },
  );
