import type { Message, SendOutcome } from '../../core/contract/notice.ts';
import { type PartLink, partsOf, testText, titleOf, trialLinksOf } from './describe.ts';
import { refusal } from './outcome.ts';

export type AppriseBody = {
  readonly title: string;
  readonly body: string;
  readonly type: 'info' | 'success' | 'warning' | 'failure';
  readonly format: 'text';
  /** Only receivers with any of these tags. */
  readonly tag?: string;
};

const LONGEST_LOG = 2_000;
/** After a partial delivery, each retry repeats the message for those who have it. */
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

/** The body of `POST /notify/{key}` of the Apprise API. */
export const appriseBody = (message: Message, tags: readonly string[]): AppriseBody => ({
  title: titleOf(message),
  body: bodyOf(message),
  type: typeOf(message),
  format: 'text',
  ...(tags.length === 0 ? {} : { tag: tags.join(',') }),
});

/** Apprise reports some failures in its own way: 204 for an unknown key, 424 for a failed receiver. */
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
