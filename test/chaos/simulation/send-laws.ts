import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { End, Law, Update } from './end.ts';

/** What a registry has shown may be relied upon for two minutes, and an update takes a while to be sent. */
const RELIED_UPON_MS = 150_000;
/** What was decided on another image than the one that is replaced is asked of the registry directly before. */
const ASKED_ANEW_MS = 30_000;
/** An update is sent so often at most where the cluster answers with errors, on its way there and on its way back. */
const MOST_TRIES = 2 * 11;
/** In a row, where somebody else changes the service meanwhile. */
const TRIES_BESIDE = 10;
/** A digest is tried anew so often where it may have failed for what passes. */
const MOST_RETRIES = 3;

const time = (text: string | null): number => (text === null ? Number.NaN : Date.parse(text));

/** The deployment that an update is of: the last one that began before it, or where that means another, the one before. */
const deploymentOf = ({ deployments }: End, update: Update): DeploymentView | undefined => {
  const begun = deployments.filter(({ startedAt }) => time(startedAt) <= update.at);
  return begun.findLast((one) => one.to === update.digest || wentBack(one, update)) ?? begun.at(-1);
};

const wentBack = ({ steps }: DeploymentView, { digest, at }: Update): boolean =>
  steps.some(
    (one) => one.step === 'taking-back' && time(one.at) <= at && one.detail['to'] === digest,
  );

/** How long the tag has no longer named a digest by then, ms; null where it never did. */
const goneFor = ({ shown }: End, digest: string | null, at: number): number | null => {
  const last = shown.findLastIndex((one) => one.digest === digest && one.at <= at);
  if (last === -1) return null;
  const next = shown[last + 1];
  return next === undefined || next.at > at ? 0 : at - next.at;
};

/** What the helper sent because it is published. */
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

/** Whether what an update replaced was put there by somebody else. */
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
      // A person may go back from what another person deployed.
      if (deployment?.cause === 'taken-back') return [];
      if (deployment !== undefined && wentBack(deployment, update))
        return [`${what}, on the way back`];
      const ms = goneFor(end, digest, at);
      // Theirs was there when it was decided: what was shown then is newer, and may be relied upon as anywhere.
      const longest = deployment?.from === replaced ? RELIED_UPON_MS : ASKED_ANEW_MS;
      return ms !== null && ms <= longest ? [] : [`${what}, gone for ${ms} ms`];
    }),

  'a deployment sends but so often': (end) => {
    const { deployments, updates, actor, asked } = end;
    const others = actor.theirs + actor.imagesSet + (actor.touched ? 5 : 0);
    const most = actor.theirTries + deployments.length * MOST_TRIES + others * TRIES_BESIDE;
    const taken = updates.filter(({ isTheirs }) => !isTheirs).length;
    // Once there and once back, but where somebody else came between.
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
