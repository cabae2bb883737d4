import type { ReportState } from './report.ts';

/** What a forge was told of the commit that a deployment brought. */
export type ForgeView = {
  /** Its host. */
  readonly forge: string;
  readonly repository: string;
  readonly commit: string;
  readonly environment: string;
  /** The combined state of all services of that commit and environment. */
  readonly state: ReportState;
  /** Whether the forge knows: `waiting` is sent again, `failed` is not. */
  readonly delivery: 'waiting' | 'sent' | 'failed';
  /** Where a person sees it there; null until the forge knows. */
  readonly url: string | null;
  /** Page of the commit. */
  readonly commitUrl: string | null;
  /** What changed since the commit that ran before; null where that is not known. */
  readonly compareUrl: string | null;
  /** Page of the pull request whose tag was deployed; null where the tag is of none. */
  readonly pullRequestUrl: string | null;
  /** Why it could not be sent, in one line. */
  readonly lastError: string | null;
};

/** What a person reads behind the state, by whether the forge knows it. */
export const FORGE_DELIVERY_WORDS: Readonly<Record<ForgeView['delivery'], string>> = {
  sent: '',
  waiting: ', not sent yet',
  failed: ', could not be sent',
};
