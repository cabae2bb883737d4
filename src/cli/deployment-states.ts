import type { DeploymentState, DeploymentView } from '../core/views.ts';

const ENDS: readonly DeploymentState[] = [
  'succeeded',
  'failed',
  'rolled-back',
  'superseded',
  'skipped',
];

export const isFinal = ({ state }: DeploymentView): boolean => ENDS.includes(state);
export const isFailure = ({ state }: DeploymentView): boolean =>
  state === 'failed' || state === 'rolled-back';
