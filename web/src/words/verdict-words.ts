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

const REASONS: Readonly<Record<string, string>> = {
  'known-bad': 'the published digest has failed on this service',
  'rolled-back': 'a person took the service back from the published digest',
  frozen: 'a freeze stands',
  'unsupported-label': 'a label asks for something that is not supported',
  label: 'a label says so',
  'not-labelled': 'only labelled services are touched, and this one is not',
  job: 'a job is touched only where its label says so',
  unpinned: 'the service was deployed without a digest, so nothing can be compared',
  'not-checked': 'its registry has not been asked yet',
  'tag-gone': 'the registry does not have this tag',
  'sign-in-refused': 'the registry refused the sign-in',
  'rate-limited': 'the registry asked to be left alone for a while',
  unreachable: 'the registry cannot be reached',
  malformed: 'the registry’s answer makes no sense',
};

/** A newer helper may know more verdicts than this page. */
export const verdictLook = (verdict: VerdictName): Look =>
  LOOKS[verdict] ?? { tone: 'mute', icon: 'question' };

export const verdictMeaning = (verdict: VerdictName): string => MEANINGS[verdict] ?? '';

/** The reason in words; what is not known here is shown as it came. */
export const reasonWords = (reason: string): string => {
  const [name = reason, about] = reason.split(': ');
  const words = REASONS[name] ?? name.replaceAll('-', ' ');
  return about === undefined ? words : `${words}: ${about}`;
};

/** Why the service stands as it does, in a sentence. */
export const explainVerdict = ({ verdict, reason }: ServiceView): string => {
  const meaning = verdictMeaning(verdict);
  if (reason === null) return meaning;
  return `${meaning.replace(/\.$/, '')}: ${reasonWords(reason)}.`;
};
