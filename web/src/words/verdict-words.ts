import type { ServiceView, VerdictName } from '../../../src/core/contract/views.ts';
import { isToBePinned } from '../../../src/core/verdict/would-deploy.ts';
import type { Look } from './look.ts';

/** Each has its own shape, so that it is readable without colour. */
const LOOKS: Readonly<Record<VerdictName, Look>> = {
  current: { tone: 'good', icon: 'check' },
  obsolete: { tone: 'warn', icon: 'up' },
  waiting: { tone: 'hold', icon: 'clock' },
  updating: { tone: 'info', icon: 'cycle' },
  diverged: { tone: 'bad', icon: 'differs' },
  pinned: { tone: 'mute', icon: 'pin' },
  excluded: { tone: 'mute', icon: 'minus' },
  held: { tone: 'hold', icon: 'pause' },
  unknown: { tone: 'warn', icon: 'question' },
};

const MEANINGS: Readonly<Record<VerdictName, string>> = {
  current: 'Every running task has the published digest.',
  obsolete: 'The registry has published another digest than the one that runs.',
  waiting: 'Another digest is published. It waits until its gates open.',
  updating: 'An update is in progress. The helper checks the service again afterwards.',
  diverged: 'The service names the published digest, but not all its tasks run it.',
  pinned: 'The service names a digest without a tag, so it is never updated.',
  excluded: 'The service is excluded on purpose.',
  held: 'Another digest is published, but it is not deployed.',
  unknown: 'It could not be determined whether the published digest runs.',
};

/** Each reason in two or three words, and its meaning. */
const REASONS: Readonly<Record<string, readonly [brief: string, meaning: string]>> = {
  'known-bad': ['this digest failed here', 'the published digest has failed on this service'],
  'left-by-person': [
    'somebody rolled back',
    'a person rolled the service back from the published digest, or while it was published',
  ],
  'nothing-runs': ['nothing runs', 'the service should have tasks, but none is running'],
  rejected: ['rejected', 'a person rejected the published digest'],
  expired: ['not approved in time', 'the approval of the published digest expired'],
  'min-age': ['not old enough', 'the image is not old enough'],
  window: ['outside its hours', 'deployments start only at other times'],
  approval: ['waits for people', 'people have to approve it'],
  frozen: ['frozen', 'there is a freeze'],
  'unsupported-label': ['a label', 'a label is not supported'],
  'no-fitting-node': ['no node can run it', 'no node of the cluster can run the published image'],
  'swarmpit-cannot-pull': ['an OCI image', 'Swarmpit cannot deploy OCI images'],
  label: ['by its label', 'a label says so'],
  'not-labelled': ['not labelled', 'only labelled services are updated, and this one has no label'],
  job: ['a job', 'a job is updated only if its label says so'],
  unpinned: [
    'no digest in the service spec',
    'the service was deployed without a digest, so nothing can be compared',
  ],
  'not-checked': ['not checked yet', 'its registry has not been checked yet'],
  'tag-gone': ['the tag is gone', 'the registry does not have this tag'],
  'sign-in-refused': ['sign-in refused', 'the registry refused the sign-in'],
  'rate-limited': ['rate-limited', 'the registry asked the helper to wait'],
  unreachable: ['registry unreachable', 'the registry cannot be reached'],
  'not-an-image': ['not an image', 'the tag holds something else, such as a Helm chart'],
  malformed: ['invalid answer', 'the registry’s answer is invalid'],
};

/** A newer helper may have more verdicts than this page knows. */
export const verdictLook = (verdict: VerdictName): Look =>
  LOOKS[verdict] ?? { tone: 'mute', icon: 'question' };

export const verdictMeaning = (verdict: VerdictName): string => MEANINGS[verdict] ?? '';

type Standing = Pick<ServiceView, 'verdict' | 'reason' | 'detail'>;

const say = (reason: string, which: 0 | 1): string =>
  REASONS[reason]?.[which] ?? reason.replaceAll('-', ' ');

/** The reason in a few words, for a table; empty if there is none. An unknown reason stays as it is. */
export const briefReason = (service: Standing & Pick<ServiceView, 'plan'>): string => {
  if (isToBePinned(service)) return 'would be deployed';
  return service.reason === null ? '' : say(service.reason, 0);
};

/** For these, the detail repeats the reason and names the label or nodes, or who rejected it and why. */
const DETAILED: ReadonlySet<string> = new Set([
  'unsupported-label',
  'no-fitting-node',
  'rejected',
  'expired',
]);

/** The reason as a part of a sentence; empty if there is none. */
export const reasonWords = ({ verdict, reason, detail }: Standing): string => {
  if (reason === null) return '';
  if (detail === undefined) return say(reason, 1);
  if (DETAILED.has(reason)) return detail;
  if (verdict === 'waiting') return detail;
  // For other holds, the page itself shows more.
  return verdict === 'unknown' ? `${say(reason, 1)} (${detail})` : say(reason, 1);
};

/** How to end a hold after a failure or a rollback by a person, in a sentence; empty for anything else. */
export const verdictAdvice = ({ verdict, reason }: Standing): string =>
  verdict === 'held' && (reason === 'known-bad' || reason === 'left-by-person')
    ? 'Publish a fix, or release the service to deploy this digest again.'
    : '';

/** Why the service has its verdict, in a sentence. */
export const explainVerdict = (service: ServiceView): string => {
  const meaning = verdictMeaning(service.verdict);
  const words = reasonWords(service);
  return words === '' ? meaning : `${meaning.replace(/\.$/, '')}: ${words}.`;
};
