import type { RunOrigin } from '../../core/contract/run-views.ts';

export type RunRow = {
  id: string;
  /** JSON, see RunRequest. A request that equals one in progress joins it. */
  request: string;
  origin: RunOrigin;
  actor: string | null;
  state: 'queued' | 'checking' | 'deploying' | 'done' | 'failed';
  reason: string | null;
  dry_run: number;
  /** JSON, see RunProgress. */
  progress: string;
  started_at: number;
  ended_at: number | null;
  /** The instance that a dry run belongs to; null for other runs, and for those of earlier versions. */
  instance: string | null;
};

export type RunServiceRow = {
  run_id: string;
  position: number;
  cluster: string;
  service_id: string;
  verdict: string;
  deployment_id: string | null;
  /** JSON, see ServiceView. */
  view: string;
};

/** The result of a dry run. It is written once and read as a whole, so it is one row for any number of services. */
export type RunPlanRow = {
  run_id: string;
  /** JSON, services by verdict. */
  counts: string;
  /** JSON, a list of ServiceView. */
  services: string;
};
