import { tagOfImage } from '../../core/policy/follower-of.ts';
import { putBackWords } from '../../core/policy/tracking.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import type { Labelled } from './labelled-lines.ts';

/**
 * What a service follows, the newest tag, the next tag and why it is not deployed now; empty if it follows no tags.
 */
export const trackingFacts = ({ image, tracking }: ServiceView): readonly Labelled[] => {
  if (tracking === undefined) return [];
  const { policy, newest, next, whyNot } = tracking;
  const seen = newest === null ? '' : `, newest seen ${newest}`;
  const why = whyNot === null ? '' : `: ${whyNot}`;
  return [
    ['tracks', `${policy}${seen}`],
    ['next', next === null ? `none${why}` : `${next}${why}`],
    ['put back', putBackWords(tagOfImage(image) ?? '', tracking) ?? ''],
  ];
};
