import type { RunRequest } from './run-views.ts';

/** The default request of a run: every service of every cluster, deployed if obsolete. */
export const EVERY_SERVICE: RunRequest = {
  cluster: null,
  services: [],
  stacks: [],
  images: [],
  dryRun: false,
  pin: false,
};
