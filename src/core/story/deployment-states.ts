import type { DeploymentView } from '../contract/views.ts';

export const isFailure = ({ state }: Pick<DeploymentView, 'state'>): boolean =>
  state === 'failed' || state === 'rolled-back';
