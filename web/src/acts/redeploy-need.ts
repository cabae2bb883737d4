import type { ServiceView } from '../../../src/core/contract/views.ts';
import { reasonWords } from '../words/verdict-words.ts';

/** Whether a redeployment would change something, needs a confirmation, or is impossible. */
export type RedeployNeed =
  | { readonly kind: 'plain' }
  | { readonly kind: 'insist'; readonly why: string }
  | { readonly kind: 'impossible'; readonly why: string };

export const redeployNeed = (service: ServiceView): RedeployNeed => {
  const { verdict, reason } = service;
  const because = reason === null ? '' : `: ${reasonWords(service)}`;
  switch (verdict) {
    case 'obsolete':
      return { kind: 'plain' };
    case 'unknown':
      return reason === 'unpinned' || reason === 'not-checked'
        ? { kind: 'plain' }
        : { kind: 'insist', why: `It could not be determined what is published${because}.` };
    case 'current':
      return { kind: 'insist', why: 'It runs what is published: nothing differs.' };
    case 'updating':
      return { kind: 'insist', why: 'An update is under way, which this one would replace.' };
    case 'diverged':
      return {
        kind: 'insist',
        why:
          reason === 'nothing-runs'
            ? 'It names what is published, and none of its tasks runs.'
            : 'It names what is published, but its tasks run another digest.',
      };
    case 'waiting':
      return { kind: 'impossible', why: `It waits${because}.` };
    case 'held':
      return { kind: 'insist', why: `It is held${because}.` };
    case 'pinned':
      return { kind: 'impossible', why: 'It names a digest and no tag, so nothing newer exists.' };
    case 'excluded':
      return { kind: 'impossible', why: `It is excluded${because}.` };
    default:
      return verdict satisfies never;
  }
};
