import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import type { DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import type {
  DeploymentView,
  FreezeView,
  RollbackView,
  ServiceView,
} from '../../../src/core/contract/views.ts';
import type { RunRequest, RunView } from '../../../src/core/contract/run-views.ts';
import { ask } from './ask.ts';

type Named = { readonly cluster: string; readonly id: string };

const pathOf = ({ cluster, id }: Named): string =>
  `/api/v1/clusters/${encodeURIComponent(cluster)}/services/${encodeURIComponent(id)}`;

/** Asks the cluster and the registry now. Changes nothing that runs. */
export const checkService = (service: Named, key: string): Promise<ServiceView> =>
  ask(`${pathOf(service)}/check`, { method: 'POST', key });

export const redeployService = (
  service: Named,
  force: boolean,
  key: string,
): Promise<DeploymentView> =>
  ask(`${pathOf(service)}/redeploy`, { method: 'POST', body: { force }, key });

/** The images that it may roll back to. */
export const readRollback = (service: Named, signal: AbortSignal): Promise<RollbackView> =>
  ask(`${pathOf(service)}/rollback`, { signal });

/** `to` is a digest, or null for the newest good one before the present one. A held digest needs `force`. */
export const rollBackService = (
  service: Named,
  { to, force }: { readonly to: string | null; readonly force: boolean },
  key: string,
): Promise<DeploymentView> =>
  ask(`${pathOf(service)}/rollback`, {
    method: 'POST',
    body: { ...(to === null ? {} : { to }), ...(force ? { force } : {}) },
    key,
  });

export const releaseService = (service: Named, key: string): Promise<ServiceView> =>
  ask(`${pathOf(service)}/release`, { method: 'POST', key });

/** Votes for the image that was shown. If another image waits by now, nothing is decided. */
export const approveWaiting = (waiting: WaitingView, key: string): Promise<WaitingView> =>
  ask(`${pathOf(waiting)}/approve`, {
    method: 'POST',
    body: { digest: waiting.target.digest },
    key,
  });

export const rejectWaiting = (
  waiting: WaitingView,
  reason: string,
  key: string,
): Promise<WaitingView> =>
  ask(`${pathOf(waiting)}/reject`, {
    method: 'POST',
    body: { digest: waiting.target.digest, reason },
    key,
  });

export type FreezeRequest = {
  readonly cluster: string | null;
  readonly stack: string | null;
  readonly service: string | null;
  readonly reason: string;
  readonly until: string | null;
};

export const freeze = (request: FreezeRequest, key: string): Promise<FreezeView> =>
  ask('/api/v1/freezes', { method: 'POST', body: request, key });

export const thaw = (id: string, key: string): Promise<null> =>
  ask(`/api/v1/freezes/${encodeURIComponent(id)}`, { method: 'DELETE', key });

export const replayDelivery = (id: string, key: string): Promise<DeliveryView> =>
  ask(`/api/v1/deliveries/${encodeURIComponent(id)}/replay`, { method: 'POST', key });

/** A dry run is answered when it is finished. The helper itself ends one that makes no progress. */
const LONGEST_DRY_RUN_MS = 6 * 3_600_000;

export const startRun = (request: RunRequest, key: string): Promise<RunView> =>
  ask('/api/v1/smart-redeploy', {
    method: 'POST',
    body: request,
    key,
    ...(request.dryRun ? { withinMs: LONGEST_DRY_RUN_MS } : {}),
  });
