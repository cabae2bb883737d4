import type { LookDeps } from './look-deps.ts';

/** What a rollout is carried out with: the same as a look, as the one follows from the other. */
export type RolloutDeps = Omit<LookDeps, 'known' | 'onQueued' | 'stuck' | 'ages'>;
