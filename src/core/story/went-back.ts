import type { DeploymentView } from '../contract/views.ts';
import { textOf } from './step-detail.ts';

export type WentBack = {
  /** The digest that the service runs again. */
  readonly to: string | null;
  readonly by: 'helper' | 'engine' | 'person';
};

const whoOf = (by: string | null): WentBack['by'] =>
  by === 'engine' || by === 'person' ? by : 'helper';

/**
 * The digest on which a rolled-back deployment left its service; null for any other deployment. That is usually the
 * last good image, which is not always where the deployment started: it may have replaced one that never ran well.
 */
export const wentBack = ({
  state,
  from,
  steps,
}: Pick<DeploymentView, 'state' | 'from' | 'steps'>): WentBack | null => {
  if (state !== 'rolled-back') return null;
  const detail = steps.findLast(({ step }) => step === 'rolled-back')?.detail ?? {};
  const to = textOf(detail, 'takenBackTo') ?? textOf(detail, 'rolledBackTo') ?? from;
  return { to, by: whoOf(textOf(detail, 'by')) };
};
