import type { RunRequest } from './views.ts';

/** What a run is asked for where nothing in particular is: every service of every cluster, deployed where obsolete. */
export const EVERY_SERVICE: RunRequest = {
  cluster: null,
  services: [],
  stacks: [],
  images: [],
  dryRun: false,
  pin: false,
};
