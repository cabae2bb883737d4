import type { Capabilities } from '../cluster.ts';
import type { Digest } from '../digest.ts';
import type { Selection } from '../labels.ts';
import type { Observation } from '../service.ts';
import type { Hold } from '../verdict.ts';
import type { Failed, Progress } from './follow.ts';
import type { Watch } from './watch.ts';

/**
 * What was seen of the service: nothing where its cluster was not asked, because a freeze stands anyway, or gave
 * no answer, with the problem for a person.
 */
export type Seen = Observation | 'removed' | 'not-asked' | { readonly problem: string };

/** What the registry shows for the tag, as far as it had to be asked. */
export type Shown =
  | { readonly kind: 'as-decided' }
  | { readonly kind: 'shown'; readonly digest: Digest }
  | { readonly kind: 'gone' }
  | { readonly kind: 'no-answer'; readonly problem: string; readonly retryAfterMs: number };

/** What a decision rests on, beside the deployment and its service. */
export type Facts = {
  /** ms since the epoch, by our clock. */
  readonly now: number;
  /** 0 to 1; spreads waits. */
  readonly random: number;
  readonly capabilities: Pick<Capabilities, 'setsDigest' | 'goesBackTo'>;
  readonly select: Selection;
  /** Why the service must not be updated because this helper runs as it; null where it may be, or does not. */
  readonly ownRefusal: string | null;
  /** Why a freeze that stands was made; null for none. */
  readonly frozen: string | null;
  /** The hold that stands on the digest. */
  readonly hold: Hold | null;
  readonly shown: Shown;
  /** Why no node of the cluster can run the image; null where one can, or where that is not known. */
  readonly unfit: string | null;
  /** The digest to go back to; null where none is known. */
  readonly good: Digest | null;
  /** The spec before the present one is the good one, as far as a cluster that goes back so can be relied upon. */
  readonly isGoodBefore: boolean;
  /** What a cluster that looks the digest up by itself chose of the index that was meant; null where it did not. */
  readonly chosen: Digest | null;
  /** What is remembered of following the update; null where that begins now. */
  readonly watch: Watch | null;
};

export type End =
  | {
      readonly state: 'succeeded';
      readonly digest: Digest | null;
      /** Tasks run it, so that it is something to go back to. */
      readonly isProven: boolean;
      /** What a person went back from with it; null for nothing. */
      readonly left: Digest | null;
    }
  | {
      readonly state: 'failed' | 'rolled-back';
      readonly failed: Failed;
      readonly detail: Readonly<Record<string, unknown>>;
    };

/** The one thing to do next for a deployment; `on` is the service as it was seen when it was decided. */
export type Move =
  /** Nothing is to be done, or `instead` is, by another deployment. */
  | { readonly kind: 'skip'; readonly reason: string; readonly instead: Digest | null }
  /** Update the service to `target`; `settled` is what it ran well until now. */
  | {
      readonly kind: 'send';
      readonly target: Digest | null;
      readonly settled: Digest | null;
      readonly on: Observation;
    }
  /** Update the service to the digest that it ran well before. */
  | {
      readonly kind: 'revert';
      readonly target: Digest;
      readonly failed: Failed;
      readonly on: Observation;
    }
  /** Look again after a while. */
  | {
      readonly kind: 'follow';
      readonly watch: Watch;
      readonly afterMs: number;
      /** Null where nothing was seen. */
      readonly progress: Progress | null;
      /** The engine goes back because of the image. */
      readonly condemns: boolean;
    }
  /** An update of which no answer came was carried out. */
  | { readonly kind: 'follow'; readonly watch: null }
  /** Decide again later. */
  | {
      readonly kind: 'wait';
      readonly afterMs: number;
      readonly problem: string;
      /**
       * `try` counts as one; `rest` does not; `here` is so short that it is not worth recording; `repeat` is put
       * down, because the update is sent a second time.
       */
      readonly as: 'try' | 'rest' | 'here' | 'repeat';
      /** What was intended was not carried out. */
      readonly refutes: boolean;
    }
  /** `on` is null where the service was not seen. */
  | { readonly kind: 'end'; readonly end: End; readonly on: Observation | null };

export const skip = (reason: string, instead: Digest | null = null): Move => ({
  kind: 'skip',
  reason,
  instead,
});

export const endFailed = (
  on: Observation | null,
  failed: Failed,
  detail: Readonly<Record<string, unknown>> = {},
  state: 'failed' | 'rolled-back' = 'failed',
): Extract<Move, { kind: 'end' }> => ({ kind: 'end', end: { state, failed, detail }, on });

/**
 * The end of one that could not be taken further. On its way back from an earlier failure, that one is what is
 * recorded, with why it did not come back.
 */
export const endBack = (
  on: Observation | null,
  before: Failed | null,
  failed: Failed,
): Extract<Move, { kind: 'end' }> =>
  before === null
    ? endFailed(on, failed)
    : endFailed(on, before, { takeBackFailed: failed.message });
