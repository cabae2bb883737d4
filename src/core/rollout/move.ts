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
  /**
   * How long this process has looked for what became of an update of which no answer came, ms. Unlike an age it
   * does not grow or shrink with the clock.
   */
  readonly lookedForMs: number;
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
  /** What is closed for the image; null where nothing is. */
  readonly closed: Closed | null;
  /** Why nodes could not pull the image now; null where they could, or nobody asked: it is no retry of a pull. */
  readonly pullProblem: string | null;
  /** What is known of the images that the service ran, the newest first. */
  readonly known: readonly KnownImage[];
  /** The helper has never updated the service. */
  readonly isFirst: boolean;
  /** The digest of the spec before the present one, as far as a cluster that goes back so can be relied upon. */
  readonly before: Digest | null;
  /** What a cluster that looks the digest up by itself chose of the index that was meant; null where it did not. */
  readonly chosen: Digest | null;
  /** What is remembered of following the update; null where that begins now. */
  readonly watch: Watch | null;
};

export type End =
  | {
      readonly state: 'succeeded';
      readonly digest: Digest | null;
      /** Tasks run it, so it may become something to go back to. */
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
  | {
      readonly kind: 'skip';
      readonly reason: string;
      readonly instead: Digest | null;
      /** It waits at these gates again. */
      readonly waitsAt?: AtGates;
    }
  /** Update the service to `tag` and `target`; `settled` is what it ran converged until now, `left` how well. */
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
      /** Why newer images were passed over, for a person; empty for none. */
      readonly note: string;
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
  /** An update without an answer was carried out. */
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
