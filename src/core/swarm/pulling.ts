import { isOfUpdate, type UpdateMark } from './of-update.ts';
import type { Observation } from './service.ts';
import type { DeploymentView, StepView } from '../contract/views.ts';

/** Every task is prepared for a moment; what lasts longer mostly pulls its image. */
export const PULL_SHOWN_AFTER_MS = 10_000;

/**
 * Since when a task that the update made has been preparing, ms since the epoch by our clock: of several the
 * first. Null where none is.
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
  // The managers' clock may differ from ours; how long ago it was does not.
  const ages = preparing.map(({ since }) => (at ?? now) - Date.parse(since));
  return now - Math.max(0, ...ages);
};

/** Since when a deployment that is open has been pulling, RFC 3339, as its newest progress tells. */
export const pullingSince = (steps: readonly StepView[], isOpen: boolean): string | null => {
  if (!isOpen) return null;
  const since = steps.findLast(({ step }) => step === 'progress')?.detail['pullingSince'];
  return typeof since === 'string' ? since : null;
};

const countOf = (count: number, unit: string): string =>
  `${count} ${count === 1 ? unit : `${unit}s`}`;

/** `pulling, 4 minutes`; empty where nothing is pulled. */
export const pullingWords = (
  { pullingSince: since }: Pick<DeploymentView, 'pullingSince'>,
  now: number,
): string => {
  // A helper of an earlier version does not tell.
  if (typeof since !== 'string') return '';
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1_000));
  const minutes = Math.floor(seconds / 60);
  return `pulling, ${minutes > 0 ? countOf(minutes, 'minute') : countOf(seconds, 'second')}`;
};
