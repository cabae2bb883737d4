import type { DeploymentView } from '../../core/contract/views.ts';
import { isFinal } from '../../core/contract/final-state.ts';

/** What of a list of deployments was told already, for as long as it may change. */
export type Told = {
  /** Those of `deployments` (oldest first) whose state was not told yet. */
  readonly changed: (deployments: readonly DeploymentView[]) => readonly DeploymentView[];
  /** Since when all have to be read again, so that the end of none is missed; null before the first. */
  readonly since: () => string | null;
};

export const createTold = (): Told => {
  let told = new Map<string, string>();
  let since: string | null = null;
  return {
    since: () => since,
    changed: (deployments) => {
      const news = deployments.filter(({ id, state }) => told.get(id) !== state);
      // Whatever is older than the oldest that is open is not read again, and need not be remembered.
      const open = deployments.filter((one) => !isFinal(one));
      const oldest = open[0] ?? deployments.at(-1);
      since = oldest?.queuedAt ?? since;
      told = new Map(deployments.map(({ id, state }) => [id, state]));
      return news;
    },
  };
};
