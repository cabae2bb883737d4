import { rolloutTimeout } from '../core/deadline.ts';
import type { Failed } from '../core/follow.ts';
import { newestTask } from '../core/of-update.ts';
import { type Observation, specDigest } from '../core/service.ts';
import { addStepOnWay, type Deployment, type Intent } from '../store/deployments.ts';
import { raiseIntent, refuteIntent } from '../store/intents.ts';
import { failBack } from './end-rollout.ts';
import { putOff } from './put-off.ts';
import { refusalsSoFar, withRefusal } from './refusals.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { sendUpdate } from './send-update.ts';

/** Sends an update for a service as it was just read, and records what came of it. */
export const advanceUpdate = async (
  deps: RolloutDeps,
  deployment: Deployment,
  { service, tasks }: Pick<Observation, 'service' | 'tasks'>,
  what: Pick<Intent, 'phase' | 'target' | 'failed'>,
  signal: AbortSignal,
): Promise<void> => {
  const at = deps.clock.now();
  const { version, forceUpdate } = service;
  const intent: Intent = {
    ...what,
    version,
    forceUpdate,
    at,
    newestTask: tasks === null ? null : newestTask(tasks),
    refuted: false,
    over: specDigest(service),
    ...refusalsSoFar(deployment, what.phase),
    ...repeated(deployment, what.phase),
  };
  // Nothing that was sent before stands, so the time that it may take begins now.
  const deadlineAt = at + rolloutTimeout(service);
  const sent = await sendUpdate(deps, deployment, service, intent, deadlineAt, signal);
  switch (sent.kind) {
    case 'sent':
      deps.log.info('update sent', {
        deployment: deployment.id,
        service: deployment.serviceName,
        phase: what.phase,
        digest: what.target,
      });
      return;
    case 'ended':
      return;
    case 'decide-again':
      return refuteIntent(deps.db, deployment.id, intent);
    case 'later':
      await refuteIntent(deps.db, deployment.id, intent);
      return putOff(deps, deployment, sent.problem, sent.afterMs);
    case 'ambiguous': {
      const refused = withRefusal(intent, sent.problem);
      const known = sent.gaveUp ? { ...refused, gaveUpAt: deps.clock.now() } : refused;
      await raiseIntent(deps.db, deployment.id, known);
      await addStepOnWay(deps.db, deployment.id, deps.clock.now(), 'no-answer', {
        problem: sent.problem,
      });
      return;
    }
    case 'refused': {
      const failed: Failed = { reason: sent.reason, message: sent.problem, task: null };
      return failBack(deps, deployment, what.failed, failed, service, signal);
    }
    default:
      return sent satisfies never;
  }
};

/** What the cluster gave up on by itself is sent once more, and that is remembered. */
const repeated = ({ intent }: Deployment, phase: Intent['phase']): Pick<Intent, 'isRepeat'> => {
  if (intent?.phase !== phase) return {};
  return intent.gaveUpAt !== undefined || intent.isRepeat === true ? { isRepeat: true } : {};
};
