import type { IgnoredEvent } from '../image/push.ts';

/** The body of the answer to a webhook. */
export type HookAnswer = {
  readonly delivery: string;
  readonly pushes: readonly { readonly image: string; readonly digest?: string }[];
  readonly ignored: readonly IgnoredEvent[];
  /** Present if the sender sent the same delivery before. */
  readonly duplicateOf?: string;
};
