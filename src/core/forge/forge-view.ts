import type { ReportState } from './report.ts';

/** What a forge was told about the commit of a deployment. */
export type ForgeView = {
  /** Its host. */
  readonly forge: string;
  readonly repository: string;
  readonly commit: string;
  readonly environment: string;
  /** The combined state of all services of that commit and environment. */
  readonly state: ReportState;
  /** Whether the forge has it: `waiting` is retried, `failed` is not. */
  readonly delivery: 'waiting' | 'sent' | 'failed';
  /** The page about it at the forge; null until the forge has it. */
  readonly url: string | null;
  /** Page of the commit. */
  readonly commitUrl: string | null;
  /** Comparison with the commit that ran before; null if unknown. */
  readonly compareUrl: string | null;
  /** Page of the pull request whose tag was deployed; null if the tag belongs to none. */
  readonly pullRequestUrl: string | null;
  /** Why it could not be sent, in one line. */
  readonly lastError: string | null;
};

/** The text after the state, by whether the forge has it. */
export const FORGE_DELIVERY_WORDS: Readonly<Record<ForgeView['delivery'], string>> = {
  sent: '',
  waiting: ', not sent yet',
  failed: ', could not be sent',
};
