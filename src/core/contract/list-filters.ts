/** What lists can be asked for: a part of them, and what they are about. */
import { PUSH_OUTCOMES } from '../check/conclude-look.ts';
import type { HealthName } from '../health/health.ts';
import type { DeploymentState, VerdictName } from './views.ts';

/**
 * A part of a list. `after` is whatever `next` was in the part before (the server makes it opaque on
 * the way out and plain again on the way in), so an implementation takes its own sort key for it and
 * must bear any text there.
 */
export type PageRequest = { readonly limit: number; readonly after: string | null };

export type ServiceFilter = {
  readonly cluster?: string | undefined;
  readonly stack?: string | undefined;
  readonly verdict?: VerdictName | undefined;
  readonly health?: HealthName | undefined;
  /** As people write it, with or without tag. */
  readonly image?: string | undefined;
  /** Part of a name, stack or image, or of what is wrong with its health, in any case. */
  readonly q?: string | undefined;
};

/** Names that a token's scope allows; null limits nothing. */
export type Within = {
  readonly clusters: readonly string[];
  readonly stacks: readonly string[] | null;
};

export type DeploymentFilter = {
  readonly within?: Within | undefined;
  readonly cluster?: string | undefined;
  /** Name or id. */
  readonly service?: string | undefined;
  /** As people write it, with or without tag. */
  readonly image?: string | undefined;
  readonly state?: DeploymentState | undefined;
  /** The whole digest that it brings; that of a platform finds those of its index. */
  readonly digest?: string | undefined;
  /** Id of a delivery that caused or joined it. */
  readonly delivery?: string | undefined;
  /**
   * Words, each of which is somewhere in its service, cluster, image, digests, version, commit, or who or
   * what led to it; in any case.
   */
  readonly q?: string | undefined;
  /** Queued at or after, and before; RFC 3339 in UTC. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

/** What became of a delivery, as lists are asked for it: of any of its pushes, or of it as a whole. */
export const DELIVERY_OUTCOMES = [
  ...PUSH_OUTCOMES,
  /** A push of it is not done: it waits for the registry, a thaw or its cluster. */
  'waiting',
  /** It repeats an earlier delivery. */
  'duplicate',
  /** It held no push. */
  'ignored',
] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

export type DeliveryFilter = {
  /** Deliveries without a push too, which are left out otherwise. */
  readonly ignored?: boolean | undefined;
  readonly outcome?: DeliveryOutcome | undefined;
  /** As people write it, with or without tag: only deliveries with a push of it. */
  readonly image?: string | undefined;
  /** Images with tags: only deliveries with a push of one of them. */
  readonly images?: readonly string[] | undefined;
  readonly sender?: string | undefined;
  readonly secret?: string | undefined;
  /** Received at or after, and before; RFC 3339 in UTC. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

export type WaitingFilter = {
  readonly cluster?: string | undefined;
  readonly stack?: string | undefined;
  /** Name or id. */
  readonly service?: string | undefined;
};
