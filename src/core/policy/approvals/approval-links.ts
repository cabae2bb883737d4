import type { WaitingView } from './waiting-view.ts';

/** A one-time link of a notification, as whoever opens it sees it. */
/** Stands where a link has its token, in a test of notifications: no token is so short. */
export const TRIAL_TOKEN = 'trial';

export type OpenedLink = {
  /** `used` and `expired` are over; `replaced`: the image waits no more, or another spec or image does. */
  readonly state: 'open' | 'used' | 'expired' | 'replaced';
  /** Null where nothing waits any more. */
  readonly waiting: WaitingView | null;
  readonly channel: string;
  /** RFC 3339. */
  readonly expiresAt: string;
};

export type LinkDecision =
  | { readonly kind: 'approve' }
  | { readonly kind: 'reject'; readonly reason: string };

/** What one-time links are good for. A token that is none of ours gives null. */
export type ApprovalLinks = {
  readonly open: (token: string) => Promise<OpenedLink | null>;
  /** Decides, once; throws `ActRefused` where that is not possible. Null: the link is not open. */
  readonly decide: (
    token: string,
    decision: LinkDecision,
    by: { readonly address: string; readonly signal: AbortSignal },
  ) => Promise<WaitingView | null>;
};
