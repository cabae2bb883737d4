import type { Capabilities } from '../swarm/cluster.ts';
import type { AtGates, Closed } from '../policy/gates/at-gates.ts';
import type { Digest } from '../image/digest.ts';
import type { Selection } from '../policy/labels.ts';
import type { Observation } from '../swarm/service.ts';
import type { Hold } from '../verdict/verdict.ts';
import type { Failed, Progress } from './follow.ts';
import type { KnownImage, Left } from './good-image.ts';
import type { Watch } from './watch.ts';

/**
 * The observation of the service. There is none if its cluster was not asked because a freeze stands anyway, or did not
 * answer; then the problem is for a person.
 */
export type Seen = Observation | 'removed' | 'not-asked' | { readonly problem: string };

/** What the registry shows for the tag, if it had to be asked. */
export type Shown =
  | { readonly kind: 'as-decided' }
  | { readonly kind: 'shown'; readonly digest: Digest }
  | { readonly kind: 'gone' }
  | { readonly kind: 'no-answer'; readonly problem: string; readonly retryAfterMs: number };

/** The input of a decision besides the deployment and its service. */
export type Facts = {
  /** ms since the epoch, by our clock. */
  readonly now: number;
  /**
   * How long this process has looked for the outcome of an unanswered update, ms. Unlike an age it is independent of
   * clock changes.
   */
  readonly lookedForMs: number;
  /** 0 to 1; spreads waits. */
  readonly random: number;
  readonly capabilities: Pick<Capabilities, 'setsDigest' | 'goesBackTo'>;
  readonly select: Selection;
  /**
   * Why the service must not be updated because this helper runs in it; null if it may be, or if the helper does not
   * run in it.
   */
  readonly ownRefusal: string | null;
  /** The reason of the active freeze; null if there is none. */
  readonly frozen: string | null;
  /** The hold on the digest. */
  readonly hold: Hold | null;
  readonly shown: Shown;
  /** Why no node of the cluster can run the image; null if one can, or if unknown. */
  readonly unfit: string | null;
  /** What is closed for the image; null if nothing is. */
  readonly closed: Closed | null;
  /**
   * Why nodes could not pull the image now; null if they could, or if nobody checked because this is no retry of a
   * pull.
   */
  readonly pullProblem: string | null;
  /** What is known of the images that the service ran, newest first. */
  readonly known: readonly KnownImage[];
  /** The helper has never updated the service. */
  readonly isFirst: boolean;
  /** The digest of the previous spec, if a cluster that can only restore that spec can be relied upon. */
  readonly before: Digest | null;
  /** What a cluster that looks up the digest itself chose of the intended index; null if it did not choose. */
  readonly chosen: Digest | null;
  /** The memory of following the update; null if following starts now. */
  readonly watch: Watch | null;
};

export type End =
  | {
      readonly state: 'succeeded';
      readonly digest: Digest | null;
      /** Tasks run it, so it may become an image to go back to. */
      readonly isProven: boolean;
      /** The digest that a person went back from with it; null if none. */
      readonly left: Digest | null;
    }
  | {
      readonly state: 'failed' | 'rolled-back';
      readonly failed: Failed;
      readonly detail: Readonly<Record<string, unknown>>;
    };

/** The next action for a deployment. `on` is the service as it was at the decision. */
export type Move =
  /** Do nothing, or do `instead` with another deployment. */
  | {
      readonly kind: 'skip';
      readonly reason: string;
      readonly instead: Digest | null;
      /** It waits at these gates again. */
      readonly waitsAt?: AtGates;
    }
  /**
   * Update the service to `tag` and `target`. `settled` is the digest on which it was converged until now, `left` how
   * good that was.
   */
  | {
      readonly kind: 'send';
      readonly tag: string;
      readonly target: Digest | null;
      readonly settled: Digest | null;
      readonly left: Left | null;
      readonly on: Observation;
    }
  /** Update the service to the tag and digest that it ran well before. */
  | {
      readonly kind: 'revert';
      readonly tag: string;
      readonly target: Digest;
      /** Why newer images were passed over, for a person. Empty if none were. */
      readonly note: string;
      readonly failed: Failed;
      readonly on: Observation;
    }
  /** Check again after a while. */
  | {
      readonly kind: 'follow';
      readonly watch: Watch;
      readonly afterMs: number;
      /** Null if nothing was seen. */
      readonly progress: Progress | null;
      /** The engine rolls back because of the image. */
      readonly condemns: boolean;
    }
  /** An update without an answer turns out to be carried out. */
  | { readonly kind: 'follow'; readonly watch: null }
  /** Decide again later. */
  | {
      readonly kind: 'wait';
      readonly afterMs: number;
      readonly problem: string;
      /**
       * `try` counts as one; `rest` does not; `here` is too short to be recorded; `repeat` is recorded, because the
       * update is sent a second time.
       */
      readonly as: 'try' | 'rest' | 'here' | 'repeat';
      /** The intent was not carried out. */
      readonly refutes: boolean;
    }
  /** `on` is null if the service was not seen. */
  | { readonly kind: 'end'; readonly end: End; readonly on: Observation | null };

export const skip = (
  reason: string,
  instead: Digest | null = null,
): Extract<Move, { kind: 'skip' }> => ({
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
 * The end of a deployment that cannot continue. If it was already reverting an earlier failure, that failure is
 * recorded, with the reason why the revert did not finish.
 */
export const endBack = (
  on: Observation | null,
  before: Failed | null,
  failed: Failed,
): Extract<Move, { kind: 'end' }> =>
  before === null
    ? endFailed(on, failed)
    : endFailed(on, before, { takeBackFailed: failed.message });
