import type { DeploymentState } from './views.ts';

/** The final states of a deployment. */
export const FINAL_STATES = [
  'succeeded',
  'failed',
  'rolled-back',
  'superseded',
  'skipped',
] as const satisfies readonly DeploymentState[];
export type FinalState = (typeof FINAL_STATES)[number];

const ENDS: readonly DeploymentState[] = FINAL_STATES;

export const isFinal = ({ state }: { readonly state: DeploymentState }): boolean =>
  ENDS.includes(state);
