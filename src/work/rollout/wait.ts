import type { Move } from '../../core/rollout/move.ts';
import { addStepOnWay, postpone, waitFor } from '../../store/deployments/deployments.ts';
import { refuteIntent } from '../../store/deployments/intents.ts';
import type { Run } from './run.ts';

/** Leaves a deployment until later. */
export const wait = async (
  { deps, deployment, signal }: Run,
  { as, afterMs, problem, refutes }: Extract<Move, { kind: 'wait' }>,
): Promise<void> => {
  const { id, intent } = deployment;
  if (refutes && intent !== null) await refuteIntent(deps.db, id, intent);
  if (as === 'here') {
    await deps.clock.wait(afterMs, signal);
    return;
  }
  if (as === 'repeat')
    await addStepOnWay(deps.db, id, { at: deps.clock.now(), step: 'repeating', detail: {} });
  const now = deps.clock.now();
  if (as === 'try') {
    deps.log.warn('deployment postponed', { deployment: id, problem });
    await postpone(deps.db, id, now, afterMs);
  } else if (afterMs > 0) {
    deps.log.debug('deployment waits', { deployment: id, problem });
    await waitFor(deps.db, id, now, afterMs);
  }
};
