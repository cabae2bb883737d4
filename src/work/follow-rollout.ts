import type { Digest } from '../core/digest.ts';
import {
  AFTER_A_FAILURE,
  follow,
  MONITOR_DEFAULT_MS,
  type Progress,
  type Rollout,
  type RolloutStatus,
} from '../core/follow.ts';
import { condemnsDigest } from '../core/rollout/failure-reason.ts';
import type { UpdateMark } from '../core/of-update.ts';
import { createTaskNews } from '../core/task-news.ts';
import type { Observation, Service } from '../core/service.ts';
import {
  addStepOnWay,
  type Deployment,
  findDeployment,
  type Intent,
} from '../store/deployments.ts';
import { holdFailed } from '../store/holds.ts';
import { relaxed } from '../store/relaxed.ts';
import { chosenMember } from './chosen-digest.ts';
import { endedWithPeriod, isEnginesWord } from './ended-with-period.ts';
import { observeService } from './observe-service.ts';
import { createSteadyNow } from './loop/steady-now.ts';
import { GIVE_UP_MS } from './put-off.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** How a followed update ended. `late`: its deadline passed first. `ended`: somebody gave the deployment its end. */
export type Followed =
  | {
      readonly kind: 'judged';
      readonly status: Exclude<RolloutStatus, { kind: 'under-way' }>;
      readonly seen: Observation;
    }
  | {
      readonly kind: 'late';
      readonly seen: Observation | null;
      readonly status: RolloutStatus | null;
    }
  | { readonly kind: 'removed' }
  | { readonly kind: 'ended' };

/** The first seconds are what people watch; afterwards nothing is lost by looking less often. */
const QUICK_MS = 300;
const QUICK_FOR_MS = 60_000;
const SLOW_MS = 1_000;
/**
 * The deadline may have passed while nobody saw the service: the cluster or the helper was away, the
 * machine asleep, the clock set. Then it is looked for so long at least before anything is called late.
 */
const GRACE_MS = 60_000;
/** A cluster that answers only now and then is not waited for without end. */
const MOST_GRACES = 30;

/** Where only our own clock tells when an update was sent: it and the managers' may differ a little. */
const CLOCK_SLACK_MS = 5_000;

/** Whether every task is in place and the time in which they may still fail is not over. */
const isWatched = (seen: Observation, settledSince: number | null, now: number): boolean =>
  settledSince !== null &&
  now - settledSince <
    AFTER_A_FAILURE * (seen.service.updatePolicy?.monitorMs ?? MONITOR_DEFAULT_MS) + GRACE_MS;

/**
 * Service and tasks are read beside each other, so that the tasks may be those of a moment before the
 * service stopped. What made it stop is among those that are read after that was seen.
 */
const isUnexplained = (status: RolloutStatus): boolean =>
  (status.kind === 'failed' && status.reason === 'update-paused') ||
  (status.kind === 'rolled-back' && status.task === null);

/** Whether the engine goes back because of what was sent, and the image is to blame. */
const isToBlame = (
  { rollingBack, trouble }: Progress,
  { image }: Service,
  intent: Intent,
): boolean =>
  rollingBack &&
  trouble !== null &&
  condemnsDigest(trouble.reason) &&
  intent.phase === 'forward' &&
  image.ok &&
  image.image.digest !== intent.target;

/**
 * Follows an update that was sent until it is judged or its deadline passes, and records each change
 * as a step. A cluster that does not answer is asked again, also past the deadline: without it nothing can be
 * done about the service, and it may stand well.
 */
export const followRollout = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  deadlineAt: number,
  signal: AbortSignal,
): Promise<Followed> => {
  const { clock, db } = deps;
  // Somebody may set the clock while the update is followed.
  const steadyNow = createSteadyNow(clock);
  const begun = steadyNow();
  const mark: UpdateMark = {
    intentVersion: intent.version,
    madeAfter: intent.newestTask ?? intent.at - CLOCK_SLACK_MS,
  };
  const taskNews = createTaskNews(mark);
  const isChoice = intent.phase === 'forward' && !deps.cluster.capabilities.setsDigest;
  const choice = isChoice ? { choice: { forceUpdate: intent.forceUpdate } } : {};
  let chosen: Digest | null = null;
  // A deadline that lies further ahead than it ever did was set before the clock was set back.
  let lateAt = Math.min(deadlineAt, begun + Math.max(deadlineAt - intent.at, 0));
  const givenUpAt = Math.max(lateAt, begun) + GIVE_UP_MS;
  let seenAt = Math.min(intent.at, begun);
  let unseen: string | null = null;
  let graces = 0;
  let settledSince: number | null = null;
  let told = '';
  let wasUnexplained = false;
  let isHeld = false;
  let isConfirmed = false;
  let status: RolloutStatus | null = null;
  for (;;) {
    const row = await findDeployment(db, deployment.id);
    if (row === null || row.endedAt !== null) return { kind: 'ended' };
    const observed = await observeService(deps.cluster, deployment.serviceId, signal);
    if (observed === 'removed') return { kind: 'removed' };
    const now = steadyNow();
    if ('problem' in observed) {
      const { problem } = observed;
      if (problem !== unseen) {
        deps.log.warn('rollout cannot be seen', { deployment: deployment.id, problem });
      }
      unseen = problem;
      if (now >= givenUpAt) return { kind: 'late', seen: null, status };
    } else {
      if (now - seenAt > GRACE_MS) {
        if (graces < MOST_GRACES) lateAt = Math.max(lateAt, now + GRACE_MS);
        graces += 1;
        settledSince = null;
      }
      seenAt = now;
      unseen = null;
      const tasks = taskNews(observed);
      if (tasks.length > 0) {
        // Lost in a crash of the host, they are only a gap in the story.
        await relaxed(db, (query) =>
          addStepOnWay(query, deployment.id, clock.now(), 'tasks', { tasks }),
        );
      }
      const rollout: Rollout = {
        target: chosen ?? intent.target,
        ...choice,
        replaced: intent.phase === 'forward' ? deployment.from : deployment.to,
        settledSince,
        ...mark,
      };
      status = follow(observed, rollout, now);
      if (status.kind === 'failed' && status.reason === 'other-digest' && chosen === null) {
        chosen = await chosenMember(deps, observed.service, intent.target, signal);
        if (chosen !== null) continue;
      }
      if (status.kind !== 'under-way') {
        if (!isConfirmed && isEnginesWord(status, observed)) {
          isConfirmed = true;
          if (await endedWithPeriod(deps, deployment.serviceId, rollout, signal)) continue;
        }
        if (wasUnexplained || !isUnexplained(status))
          return { kind: 'judged', status, seen: observed };
        wasUnexplained = true;
        continue;
      }
      settledSince = status.settledSince;
      const { running, desired, rollingBack, trouble } = status;
      if (!isHeld && isToBlame(status, observed.service, intent)) {
        // A newer push may take the place of this deployment before the engine is back.
        await db
          .transaction()
          .execute((query) =>
            holdFailed(
              query,
              deps.newId(),
              { deployment, service: observed.service, reason: 'task-failed' },
              now,
            ),
          );
        isHeld = true;
      }
      const news = { running, desired, rollingBack, trouble: trouble?.message ?? null };
      const text = JSON.stringify(news);
      if (text !== told) await addStepOnWay(db, deployment.id, clock.now(), 'progress', news);
      told = text;
      if (now >= lateAt && !isWatched(observed, settledSince, now)) {
        return { kind: 'late', seen: observed, status };
      }
    }
    const pause = now - begun < QUICK_FOR_MS ? QUICK_MS : SLOW_MS;
    await clock.wait(pause, signal);
  }
};
