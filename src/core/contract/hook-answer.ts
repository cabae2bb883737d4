import type { IgnoredEvent } from '../image/push.ts';

/** The body of the answer to a webhook. */
/** The answer to a hook. */
export type HookAnswer = {
  readonly delivery: string;
  readonly pushes: readonly { readonly image: string; readonly digest?: string }[];
  readonly ignored: readonly IgnoredEvent[];
  /** There where the sender sent the same delivery before. */
  readonly duplicateOf?: string;
};
