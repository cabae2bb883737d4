import type { StepView } from '../contract/views.ts';

/** The step of a person's rollback that tells what it holds beside the digest that the service had. */
export const ALSO_HELD = 'also-held';

/** Why a deployment was skipped that was queued when a person rolled its service back. */
export const ROLLED_BACK_MEANWHILE = 'rolled-back-meanwhile';

/** The digests that a person's rollback holds because they were published and would have come next; none for most. */
export const alsoHeld = (steps: readonly StepView[]): readonly string[] => {
  const digests = steps.find(({ step }) => step === ALSO_HELD)?.detail['digests'];
  return Array.isArray(digests) ? digests.filter((one) => typeof one === 'string') : [];
};
