import type { Step } from '../../core/verdict/plan.ts';
import type { Verdict } from '../../core/verdict/verdict.ts';
import type { CheckedService } from '../assess/check-services.ts';
import type { Gates } from '../gates/judge-gates.ts';

const LEAVE: Step = { kind: 'leave' };

/**
 * The next step after the gates were asked. A service that could be compared passes them with its verdict. One that
 * could not is deployed blindly, but waits for its gates all the same.
 */
export const withGates = (
  gates: Gates,
  { service, image, lookup, knownDigest, verdict }: CheckedService,
  step: Step,
): { readonly step: Step; readonly verdict: Verdict } => {
  if (step.kind !== 'deploy' || step.cause === 'digest-differs' || image === null) {
    return { step, verdict };
  }
  const published = lookup?.kind === 'published' ? lookup.digest : null;
  const at = gates.closedFor({ service, image, published, knownDigest });
  if (at === null) return { step, verdict };
  if (at === 'never') return { step: LEAVE, verdict };
  // Only a window is closed. The queued deployment waits for it: with no digest, there is no candidate to wait.
  if ('opensAt' in at) return { step, verdict };
  return {
    step: LEAVE,
    verdict: { verdict: 'waiting', from: null, to: at.candidate.digest, at },
  };
};
