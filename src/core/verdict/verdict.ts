import type { Digest } from '../image/digest.ts';
import type { AtGates, OpenedGates } from '../policy/gates/at-gates.ts';
import type { Gate } from '../policy/gates/gate-state.ts';
import type { LookupFailure } from '../image/published.ts';

/** Why it could not be determined whether a service is current. */
export type UnknownReason = LookupFailure | 'unpinned' | 'not-checked';

/** Why a service is excluded. */
export type Exclusion = 'label' | 'not-labelled' | 'job';

/** A reason not to deploy although the service is obsolete. */
export type Hold =
  /** This digest failed on this service. {@link Hold.since} says when it was tried. */
  | { readonly kind: 'known-bad'; readonly since: string; readonly deployment: string | null }
  /** A person took the service back from this digest, or did so while it was already published. */
  | {
      readonly kind: 'left-by-person';
      readonly since: string;
      readonly deployment: string | null;
      /**
       * Set if somebody put the service back to another tag without the helper, for example with an older stack file.
       */
      readonly ran?: { readonly tag: string; readonly since: string; readonly present: string };
    }
  /** A person rejected this image at its gate. */
  | { readonly kind: 'rejected'; readonly since: string; readonly detail: string }
  /** The deadline of its approval passed. */
  | { readonly kind: 'expired'; readonly since: string; readonly detail: string }
  | { readonly kind: 'frozen'; readonly reason: string; readonly until: string | null }
  /** `problem` says what is wrong if no single label explains it, for example policies that are never open together. */
  | { readonly kind: 'unsupported-label'; readonly label: string; readonly problem?: string }
  /** No node of the cluster can run the image for this service; `detail` says what would fit. */
  | { readonly kind: 'no-fitting-node'; readonly detail: string }
  /** Swarmpit finds no digest for an image of this form. */
  | { readonly kind: 'swarmpit-cannot-pull' };

/** How a service compares with what is published. Only `assess` decides it. */
export type Verdict =
  | { readonly verdict: 'current' }
  | {
      readonly verdict: 'obsolete';
      readonly from: Digest;
      readonly to: Digest;
      /**
       * Its gates are open for `to`, which may be older than what the tag shows. Missing if the service has no gates.
       */
      readonly opened?: OpenedGates;
    }
  /** Obsolete, and a gate is closed. `from` is null if it is not known what runs. */
  | {
      readonly verdict: 'waiting';
      readonly from: Digest | null;
      readonly to: Digest;
      readonly at: AtGates;
    }
  | { readonly verdict: 'updating' }
  /** `running` is what the tasks run instead. Empty if tasks are desired and nothing runs. */
  | { readonly verdict: 'diverged'; readonly running: readonly (Digest | null)[] }
  | { readonly verdict: 'pinned' }
  | { readonly verdict: 'excluded'; readonly reason: Exclusion }
  | {
      readonly verdict: 'held';
      readonly hold: Hold;
      readonly from: Digest;
      readonly to: Digest;
      /** The gates that are closed in addition to a freeze. Missing if there are none. */
      readonly at?: AtGates;
    }
  /** For `unpinned`, `detail` names the label that holds the service, if one does. */
  | { readonly verdict: 'unknown'; readonly reason: UnknownReason; readonly detail: string | null };

export type VerdictName = Verdict['verdict'];

/** The verdict's reason in one word, as the API shows it; null if there is none. */
export const verdictReason = (verdict: Verdict): string | null => {
  switch (verdict.verdict) {
    case 'excluded':
    case 'unknown':
      return verdict.reason;
    case 'held':
      return verdict.hold.kind;
    case 'waiting':
      return verdict.at.gates[0]?.gate ?? null;
    case 'diverged':
      return verdict.running.length === 0 ? 'nothing-runs' : null;
    case 'current':
    case 'obsolete':
    case 'updating':
    case 'pinned':
      return null;
    default:
      return verdict satisfies never;
  }
};

/** One line for a person about a label that holds a service. */
export const unsupportedWords = (label: string): string => `the label ${label} is not supported`;

/** What to do if Swarmpit finds no digest. It asks registries only for Docker's media types. */
export const OCI_ADVICE =
  'Swarmpit cannot deploy OCI images, which buildx makes by default: build with Docker media types (buildx: --provenance=false --output type=image,oci-mediatypes=false,push=true), or connect the helper to the engine instead of Swarmpit';

/** One line for a person about a hold. `what` is the thing held: the tag, if it differs from the service's own. */
export const whyHeld = (hold: Hold, what = 'the published digest'): string => {
  switch (hold.kind) {
    case 'known-bad':
      return `${what} failed on this service at ${hold.since}`;
    case 'left-by-person':
      if (hold.ran !== undefined) {
        const { tag, since, present } = hold.ran;
        return `the stack file says ${present}; the helper had moved the service to ${tag} at ${since}, and moves it on with the next tag that is pushed`;
      }
      return `a person rolled back from ${what}, or while it was published, at ${hold.since}`;
    case 'rejected':
    case 'expired':
      return hold.detail;
    case 'frozen': {
      const until = hold.until === null ? 'until it is lifted' : `until ${hold.until}`;
      return `frozen ${until}: ${hold.reason}`;
    }
    case 'unsupported-label':
      return hold.problem ?? unsupportedWords(hold.label);
    case 'no-fitting-node':
      return hold.detail;
    case 'swarmpit-cannot-pull':
      return OCI_ADVICE;
    default:
      return hold satisfies never;
  }
};

/** One line for a person about the verdict's reason; null if the reason needs no explanation. */
export const verdictDetail = (verdict: Verdict, what?: string): string | null => {
  if (verdict.verdict === 'held') return whyHeld(verdict.hold, what);
  if (verdict.verdict === 'waiting') return waitingWords(verdict.at);
  return verdict.verdict === 'unknown' && verdict.detail !== '' ? verdict.detail : null;
};

/** One line for a person about what a service waits for. */
const waitingWords = ({ gates }: AtGates): string => gates.map(gateWords).join('; ');

const gateWords = ({ detail, until, gate, canOpen }: Gate): string => {
  const time = until === null ? null : new Date(until).toISOString();
  if (gate === 'approval') return time === null ? detail : `${detail} at ${time}`;
  const who = canOpen.length === 0 ? '' : ', or enough votes open it';
  return time === null
    ? `${detail}; it has no next opening${who}`
    : `${detail}: opens at ${time}${who}`;
};

/** The closed gates of a service, even if something else holds it. */
export const closedGates = (verdict: Verdict): readonly Gate[] =>
  verdict.verdict === 'waiting' || verdict.verdict === 'held' ? (verdict.at?.gates ?? []) : [];
