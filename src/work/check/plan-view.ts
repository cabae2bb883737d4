import { parseImageReference } from '../../core/image/image-reference.ts';
import { moveWords } from '../../core/policy/tracking.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import type { PlannedService } from './check-cluster.ts';

const TO_BE_PINNED = 'would be deployed, which pins it to what is published';

/**
 * A service in the plan of a run. If it cannot be compared but would still be deployed, `detail` says so. If it would
 * move to another tag, `detail` says which one and why.
 */
export const planView = ({ view, step }: Pick<PlannedService, 'view' | 'step'>): ServiceView => {
  if (step.kind !== 'deploy') return view;
  if (step.cause === 'unpinned') return { ...view, plan: 'deploy', detail: TO_BE_PINNED };
  const move = moveOf(view);
  return move === null ? view : { ...view, detail: `would move ${move}` };
};

const moveOf = ({ image, tracking }: ServiceView): string | null => {
  const parsed = parseImageReference(image);
  const present = parsed.ok ? parsed.image.tag : null;
  return tracking === undefined || present === null ? null : moveWords(present, tracking);
};
