import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { End, Law, Update } from './end.ts';

/** The helper may rely on a registry's answer for two minutes, and an update takes a while to send. */
const RELIED_UPON_MS = 150_000;
/**
 * If the image to replace differs from the one at the decision, the helper asks the registry again directly before the
 * send.
 */
const ASKED_ANEW_MS = 30_000;
/** The most sends of one deployment if the cluster answers with errors, for the update and for the revert. */
const MOST_TRIES = 2 * 11;
/** The most consecutive tries while another actor changes the service. */
const TRIES_BESIDE = 10;
/** The most retries of a digest after a failure that may be temporary. */
const MOST_RETRIES = 3;

/** An instance's clock may differ from the store's by a quarter of a second, and by the latency of a query. */
const CLOCKS_DIFFER_MS = 500;

const time = (text: string | null): number => (text === null ? Number.NaN : Date.parse(text));

/**
 * The deployment that an update belongs to: the last one that began before it and has this target; otherwise the last
 * one that began.
 */
const deploymentOf = ({ deployments }: End, update: Update): DeploymentView | undefined => {
  const begun = deployments.filter(
    ({ startedAt }) => time(startedAt) <= update.at + CLOCKS_DIFFER_MS,
  );
  return begun.findLast((one) => one.to === update.digest || wentBack(one, update)) ?? begun.at(-1);
};

const wentBack = ({ steps }: DeploymentView, { digest, at }: Update): boolean =>
  steps.some(
    (one) =>
      one.step === 'taking-back' &&
      time(one.at) <= at + CLOCKS_DIFFER_MS &&
      one.detail['to'] === digest,
  );

/** How long the tag had no longer pointed to a digest at that time, ms; null if it never did. */
const goneFor = ({ shown }: End, digest: string | null, at: number): number | null => {
  const last = shown.findLastIndex((one) => one.digest === digest && one.at <= at);
  if (last === -1) return null;
  const next = shown[last + 1];
  return next === undefined || next.at > at ? 0 : at - next.at;
};

/** Updates that the helper sent because the digest is published. */
const forward = (end: End) =>
  end.updates.flatMap((update) => {
    const deployment = deploymentOf(end, update);
    const isForward =
      !update.isTheirs &&
      deployment !== undefined &&
      deployment.cause !== 'taken-back' &&
      !wentBack(deployment, update);
    return isForward ? { update, deployment } : [];
  });

/** Whether another actor had set what an update replaced. */
const isOverTheirs = ({ actor, updates }: End, { replaced, index }: Update): boolean =>
  actor.sets.some(
    ({ digest, after }) =>
      digest === replaced &&
      after <= index &&
      !updates.some((one) => one.index >= after && one.index < index),
  );

export const SEND_LAWS: Readonly<Record<string, Law>> = {
  'nothing goes to what the registry no longer shows': (end) =>
    forward(end).flatMap(({ update: { digest, at } }) => {
      const ms = goneFor(end, digest, at);
      if (ms !== null && ms <= RELIED_UPON_MS) return [];
      return [`${digest} was sent ${ms === null ? 'but never shown' : `${ms} ms too late`}`];
    }),

  'nothing is written over a newer image of somebody else': (end) =>
    end.updates.flatMap((update) => {
      const { digest, replaced, at } = update;
      if (update.isTheirs || digest === replaced || !isOverTheirs(end, update)) return [];
      const what = `${digest} over ${replaced}`;
      const deployment = deploymentOf(end, update);
      // A person may roll back what another person deployed.
      if (deployment?.cause === 'taken-back') return [];
      if (deployment !== undefined && wentBack(deployment, update))
        return [`${what}, on the way back`];
      const ms = goneFor(end, digest, at);
      // The other image was already there at the decision, so the registry's answer is newer and the usual limit
      // applies.
      const longest = deployment?.from === replaced ? RELIED_UPON_MS : ASKED_ANEW_MS;
      return ms !== null && ms <= longest ? [] : [`${what}, gone for ${ms} ms`];
    }),

  'a deployment sends but so often': (end) => {
    const { deployments, updates, actor, asked } = end;
    const others = actor.theirs + actor.imagesSet + (actor.touched ? 5 : 0);
    const most = actor.theirTries + deployments.length * MOST_TRIES + others * TRIES_BESIDE;
    const taken = updates.filter(({ isTheirs }) => !isTheirs).length;
    // One update and one revert, plus one if another actor interfered.
    const mostTaken = deployments.length * (actor.touched ? 3 : 2);
    return [
      ...(asked > most ? [`the engine was asked ${asked} times, at most ${most} make sense`] : []),
      ...(taken > mostTaken ? [`${taken} updates of ${deployments.length} deployments`] : []),
    ];
  },

  'a digest that fails is sent but so often': (end) => {
    const sent = new Map<string, number>();
    for (const { update, deployment } of forward(end)) {
      if (deployment.cause === 'forced') continue;
      sent.set(update.digest, (sent.get(update.digest) ?? 0) + 1);
    }
    return [...sent].flatMap(([digest, times]) => {
      const pushed = end.shown.filter((one) => one.digest === digest).length;
      const isTooOften = end.kindOf(digest) !== 'good' && !end.actor.touched;
      return isTooOften && times > pushed * (1 + MOST_RETRIES) ? [`${digest}: ${times} times`] : [];
    });
  },
};
