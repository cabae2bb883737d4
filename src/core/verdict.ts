import type { Digest } from './digest.ts';
import type { LookUpFailure } from './published.ts';

/** Why it cannot be told whether a service is current. */
export type UnknownReason = LookUpFailure | 'unpinned' | 'not-checked';

/** Why a service is left alone by choice. */
export type Exclusion = 'label' | 'not-labelled' | 'job';

/** A reason not to deploy although the service is obsolete. */
export type Hold =
  /** This digest failed on this service: {@link Hold.since} tells when it was tried. */
  | { readonly kind: 'known-bad'; readonly since: string; readonly deployment: string | null }
  /** A person took the service back from this digest. */
  | { readonly kind: 'left-by-person'; readonly since: string; readonly deployment: string | null }
  | { readonly kind: 'frozen'; readonly reason: string; readonly until: string | null }
  | { readonly kind: 'unsupported-label'; readonly label: string }
  /** Swarmpit finds no digest for an image of this form. */
  | { readonly kind: 'swarmpit-cannot-pull' };

/** How a service stands against what is published; decided by `assess` alone. */
export type Verdict =
  | { readonly verdict: 'current' }
  | { readonly verdict: 'obsolete'; readonly from: Digest; readonly to: Digest }
  | { readonly verdict: 'updating' }
  | { readonly verdict: 'diverged'; readonly running: readonly (Digest | null)[] }
  | { readonly verdict: 'pinned' }
  | { readonly verdict: 'excluded'; readonly reason: Exclusion }
  | { readonly verdict: 'held'; readonly hold: Hold; readonly from: Digest; readonly to: Digest }
  /** `detail` of one that is `unpinned` tells of the label that holds it, if one does. */
  | { readonly verdict: 'unknown'; readonly reason: UnknownReason; readonly detail: string | null };

export type VerdictName = Verdict['verdict'];

/** The verdict's reason in one word, as the API gives it; null where there is none. */
export const verdictReason = (verdict: Verdict): string | null => {
  switch (verdict.verdict) {
    case 'excluded':
    case 'unknown':
      return verdict.reason;
    case 'held':
      return verdict.hold.kind;
    case 'current':
    case 'obsolete':
    case 'updating':
    case 'diverged':
    case 'pinned':
      return null;
    default:
      return verdict satisfies never;
  }
};

/** One line for a person about a label that holds a service. */
export const unsupportedWords = (label: string): string =>
  `the label ${label} asks for something that is not supported`;

/** What to do where Swarmpit, which asks registries only for Docker's media types, finds no digest. */
export const OCI_ADVICE =
  'Swarmpit cannot deploy OCI images, which buildx makes by default: build with Docker media types (buildx: --provenance=false --output type=image,oci-mediatypes=false,push=true), or give the helper the engine instead of Swarmpit';

const whyHeld = (hold: Hold): string => {
  switch (hold.kind) {
    case 'known-bad':
      return `the published digest failed on this service at ${hold.since}`;
    case 'left-by-person':
      return `somebody went back from the published digest at ${hold.since}`;
    case 'frozen': {
      const until = hold.until === null ? 'until it is lifted' : `until ${hold.until}`;
      return `a freeze stands ${until}: ${hold.reason}`;
    }
    case 'unsupported-label':
      return unsupportedWords(hold.label);
    case 'swarmpit-cannot-pull':
      return OCI_ADVICE;
    default:
      return hold satisfies never;
  }
};

/** One line for a person about the verdict's reason; null where the reason says it all. */
export const verdictDetail = (verdict: Verdict): string | null => {
  if (verdict.verdict === 'held') return whyHeld(verdict.hold);
  return verdict.verdict === 'unknown' && verdict.detail !== '' ? verdict.detail : null;
};
