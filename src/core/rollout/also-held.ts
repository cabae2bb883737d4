import type { StepView } from '../contract/views.ts';

/** The step of a person's rollback that lists what it holds in addition to the service's earlier digest. */
export const ALSO_HELD = 'also-held';

/** Why a deployment was skipped: a person rolled its service back while it was queued. */
export const ROLLED_BACK_MEANWHILE = 'rolled-back-meanwhile';

/**
 * Digests that a person's rollback holds because they were already published and would have come next; mostly empty.
 */
export const alsoHeld = (steps: readonly StepView[]): readonly string[] => {
  const digests = steps.find(({ step }) => step === ALSO_HELD)?.detail['digests'];
  return Array.isArray(digests) ? digests.filter((one) => typeof one === 'string') : [];
};
