import { isOfUpdate, type UpdateMark } from './of-update.ts';
import type { Observation } from './service.ts';
import type { DeploymentView, StepView } from '../contract/views.ts';

/** Every task is in `preparing` for a moment. If it lasts longer, the node is usually pulling the image. */
export const PULL_SHOWN_AFTER_MS = 10_000;

/**
 * Since when a task that the update created has been preparing, ms since the epoch by our clock; the earliest if there
 * are several. Null if there is none.
 *
 * @param now ms since the epoch, by our clock
 */
export const preparingSince = (
  { service, tasks, at }: Observation,
  mark: UpdateMark,
  now: number,
): number | null => {
  const isOwn = isOfUpdate(service, mark);
  const preparing = (tasks ?? []).filter(
    (task) => task.state === 'preparing' && task.desired !== 'shutdown' && isOwn(task),
  );
  if (preparing.length === 0) return null;
  // The managers' clock may differ from ours, but an age is the same by both.
  const ages = preparing.map(({ since }) => (at ?? now) - Date.parse(since));
  return now - Math.max(0, ...ages);
};

/** Since when an open deployment has been pulling, RFC 3339, according to its newest progress. */
export const pullingSince = (steps: readonly StepView[], isOpen: boolean): string | null => {
  if (!isOpen) return null;
  const since = steps.findLast(({ step }) => step === 'progress')?.detail['pullingSince'];
  return typeof since === 'string' ? since : null;
};

const countOf = (count: number, unit: string): string =>
  `${count} ${count === 1 ? unit : `${unit}s`}`;

/** `pulling, 4 minutes`; empty if nothing is pulled. */
export const pullingWords = (
  { pullingSince: since }: Pick<DeploymentView, 'pullingSince'>,
  now: number,
): string => {
  // A helper of an earlier version does not report it.
  if (typeof since !== 'string') return '';
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1_000));
  const minutes = Math.floor(seconds / 60);
  return `pulling, ${minutes > 0 ? countOf(minutes, 'minute') : countOf(seconds, 'second')}`;
};
