import type { Message, SendOutcome } from '../../core/contract/notice.ts';
import { type PartLink, partsOf, testText, titleOf, trialLinksOf } from './describe.ts';
import { refusal } from './outcome.ts';

export type AppriseBody = {
  readonly title: string;
  readonly body: string;
  readonly type: 'info' | 'success' | 'warning' | 'failure';
  readonly format: 'text';
  /** Those that have any of them. */
  readonly tag?: string;
};

const LONGEST_LOG = 2_000;
/** Partly delivered: each further attempt repeats it for those who have it. */
const PARTLY_ATTEMPTS = 3;

const typeOf = (message: Message): AppriseBody['type'] => {
  if (message.kind === 'test') return 'info';
  const states = new Set<string>(message.notices.map(({ state }) => state));
  if (states.has('failed') || states.has('failing')) return 'failure';
  if (['rolled-back', 'known-bad-deployed', 'rejected', 'expired'].some((one) => states.has(one)))
    return 'warning';
  return states.has('succeeded') || states.has('recovered') ? 'success' : 'info';
};

const lineOf = ({ url, text }: PartLink): string => `${text}: ${url}`;

const bodyOf = (message: Message): string => {
  if (message.kind === 'test') {
    return [testText(message), ...trialLinksOf(message).map(lineOf)].join('\n');
  }
  const isOne = message.notices.length === 1;
  return partsOf(message)
    .map(({ headline, lines, log, links }) => {
      const text = log(LONGEST_LOG);
      return [
        ...(isOne ? [] : [headline]),
        ...lines,
        ...(text === '' ? [] : [text]),
        ...links.map(lineOf),
      ].join('\n');
    })
    .join('\n\n');
};

/** What `POST /notify/{key}` of the Apprise API takes. */
export const appriseBody = (message: Message, tags: readonly string[]): AppriseBody => ({
  title: titleOf(message),
  body: bodyOf(message),
  type: typeOf(message),
  format: 'text',
  ...(tags.length === 0 ? {} : { tag: tags.join(',') }),
});

/** Apprise answers some failures in its own way: 204 where the key is unknown, 424 where a receiver failed. */
export const appriseOutcome = (status: number): SendOutcome | null => {
  if (status === 204) {
    const detail = 'it answered 204: nothing is configured there under this key';
    return refusal(detail, { retryable: false });
  }
  if (status === 424) {
    const detail =
      'it answered 424: at least one of its receivers failed, or none has one of the tags';
    return refusal(detail, { mostAttempts: PARTLY_ATTEMPTS });
  }
  return null;
};
