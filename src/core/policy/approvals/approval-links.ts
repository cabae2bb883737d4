import type { WaitingView } from './waiting-view.ts';

/** Stands for the token of a link in a test notification. No real token is this short. */
export const TRIAL_TOKEN = 'trial';

/** A one-time link of a notification, as the person who opens it sees it. */
export type OpenedLink = {
  /** `used` and `expired` are final. `replaced`: the image no longer waits, or another spec or image does. */
  readonly state: 'open' | 'used' | 'expired' | 'replaced';
  /** Null if nothing waits any more. */
  readonly waiting: WaitingView | null;
  readonly channel: string;
  /** RFC 3339. */
  readonly expiresAt: string;
};

export type LinkDecision =
  | { readonly kind: 'approve' }
  | { readonly kind: 'reject'; readonly reason: string };

/** What one-time links can do. An unknown token gives null. */
export type ApprovalLinks = {
  readonly open: (token: string) => Promise<OpenedLink | null>;
  /** Decides, once. Throws `ActRefused` if that is not possible. Null: the link is not open. */
  readonly decide: (
    token: string,
    decision: LinkDecision,
    by: { readonly address: string; readonly signal: AbortSignal },
  ) => Promise<WaitingView | null>;
};
