import type { Generated } from 'kysely';

/** An event for the clients that listen. */
export type EventRow = {
  id: Generated<number>;
  at: Generated<number>;
  type: string;
  /** JSON object. */
  data: string;
};

/** One row. Its count increases with everything that may change the state of services. */
export type ChangeRow = { count: number };

/** Deployments that ended since the store was opened. */
export type DeploymentEndRow = { cluster: string; state: string; count: number };

/** Time from the first webhook of a push to the verified end of a deployment. */
export type VerifiedRow = { id: Generated<number>; cluster: string; seconds: number };
