import type { ServiceView } from '../core/views.ts';
import { TO_BE_PINNED } from '../core/would-deploy.ts';
import type { PlannedService } from './check-cluster.ts';

/** A service in the plan of a run: what cannot be compared, and would be deployed all the same, says so. */
export const planView = ({ view, step }: Pick<PlannedService, 'view' | 'step'>): ServiceView =>
  step.kind === 'deploy' && step.cause === 'unpinned' ? { ...view, detail: TO_BE_PINNED } : view;
