import type { DeploymentView } from '../../core/contract/views.ts';
import { isFinal } from '../../core/contract/final-state.ts';

/** Which deployments were already printed, for as long as they may change. */
export type Told = {
  /** Those of `deployments` (oldest first) whose state was not printed yet. */
  readonly changed: (deployments: readonly DeploymentView[]) => readonly DeploymentView[];
  /** From when on to read again, so that no end is missed; null before the first read. */
  readonly since: () => string | null;
};

export const createTold = (): Told => {
  let told = new Map<string, string>();
  let since: string | null = null;
  return {
    since: () => since,
    changed: (deployments) => {
      const news = deployments.filter(({ id, state }) => told.get(id) !== state);
      // Deployments older than the oldest open one are not read again, so forget them.
      const open = deployments.filter((one) => !isFinal(one));
      const oldest = open[0] ?? deployments.at(-1);
      since = oldest?.queuedAt ?? since;
      told = new Map(deployments.map(({ id, state }) => [id, state]));
      return news;
    },
  };
};
