import type { ServiceView, VerdictName } from '../../../src/core/views.ts';
import type { Look } from './look.ts';

/** Each has a shape of its own, so that it reads without colour. */
const LOOKS: Readonly<Record<VerdictName, Look>> = {
  current: { tone: 'good', icon: 'check' },
  obsolete: { tone: 'warn', icon: 'up' },
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
  updating: 'An update is under way; it is looked at again afterwards.',
  diverged: 'The service names the published digest, but its tasks run another.',
  pinned: 'The service names a digest without a tag, so it is never touched.',
  excluded: 'The service is left alone by choice.',
  held: 'Another digest is published, and something stands against deploying it.',
  unknown: 'It cannot be told whether the published digest runs.',
};

/** Each in two or three words, and as what it means. */
const REASONS: Readonly<Record<string, readonly [brief: string, meaning: string]>> = {
  'known-bad': ['this digest failed here', 'the published digest has failed on this service'],
  'rolled-back': [
    'somebody rolled back',
    'a person took the service back from the published digest',
  ],
  frozen: ['a freeze stands', 'a freeze stands'],
  'unsupported-label': ['a label', 'a label asks for something that is not supported'],
  label: ['by its label', 'a label says so'],
  'not-labelled': ['not labelled', 'only labelled services are touched, and this one is not'],
  job: ['a job', 'a job is touched only where its label says so'],
  unpinned: [
    'names no digest',
    'the service was deployed without a digest, so nothing can be compared',
  ],
  'not-checked': ['not checked yet', 'its registry has not been asked yet'],
  'tag-gone': ['the tag is gone', 'the registry does not have this tag'],
  'sign-in-refused': ['sign-in refused', 'the registry refused the sign-in'],
  'rate-limited': ['rate-limited', 'the registry asked to be left alone for a while'],
  unreachable: ['registry away', 'the registry cannot be reached'],
  malformed: ['senseless answer', 'the registry’s answer makes no sense'],
};

/** A newer helper may know more verdicts than this page. */
export const verdictLook = (verdict: VerdictName): Look =>
  LOOKS[verdict] ?? { tone: 'mute', icon: 'question' };

export const verdictMeaning = (verdict: VerdictName): string => MEANINGS[verdict] ?? '';

const say = (reason: string, which: 0 | 1): string => {
  const [name = reason, about] = reason.split(': ');
  const words = REASONS[name]?.[which] ?? name.replaceAll('-', ' ');
  return about === undefined ? words : `${words}: ${about}`;
};

/** The reason in a few words, for a table; what is not known here is shown as it came. */
export const briefReason = (reason: string): string => say(reason, 0);

/** The reason as a part of a sentence. */
export const reasonWords = (reason: string): string => say(reason, 1);

/** Why the service stands as it does, in a sentence. */
export const explainVerdict = ({ verdict, reason, detail }: ServiceView): string => {
  const meaning = verdictMeaning(verdict);
  if (reason === null) return meaning;
  // Of what holds a service its page tells more by itself.
  const more = detail !== undefined && verdict === 'unknown';
  return `${meaning.replace(/\.$/, '')}: ${reasonWords(reason)}${more ? ` (${detail})` : ''}.`;
};
