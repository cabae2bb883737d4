/** Filters for lists: which part of a list, and which items. */
import { PUSH_OUTCOMES } from '../check/conclude-check.ts';
import type { HealthName } from '../health/health.ts';
import type { DeploymentState, VerdictName } from './views.ts';

/**
 * A part of a list. `after` is the `next` of the previous part. The server makes it opaque on the way out and plain
 * again on the way in, so an implementation uses its own sort key and must accept any text.
 */
export type PageRequest = { readonly limit: number; readonly after: string | null };

export type ServiceFilter = {
  readonly cluster?: string | undefined;
  readonly stack?: string | undefined;
  readonly verdict?: VerdictName | undefined;
  readonly health?: HealthName | undefined;
  /** As people write it, with or without a tag. */
  readonly image?: string | undefined;
  /** Part of a name, stack, image or health problem, ignoring case. */
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
  /** As people write it, with or without a tag. */
  readonly image?: string | undefined;
  readonly state?: DeploymentState | undefined;
  /** The complete digest that it deploys. A platform digest finds the deployments of its index. */
  readonly digest?: string | undefined;
  /** Id of a delivery that caused or joined it. */
  readonly delivery?: string | undefined;
  /** Words that must all occur in its service, cluster, image, digests, version, commit or triggers, ignoring case. */
  readonly q?: string | undefined;
  /** Queued at or after `since`, and before `until`; RFC 3339 in UTC. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

/** Outcomes for filtering deliveries: of any of its pushes, or of the delivery as a whole. */
export const DELIVERY_OUTCOMES = [
  ...PUSH_OUTCOMES,
  /** One of its pushes is not done: it waits for the registry, the end of a freeze, or its cluster. */
  'waiting',
  /** It repeats an earlier delivery. */
  'duplicate',
  /** It contained no push. */
  'ignored',
] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

export type DeliveryFilter = {
  /** Also include deliveries without a push, which are otherwise left out. */
  readonly ignored?: boolean | undefined;
  readonly outcome?: DeliveryOutcome | undefined;
  /** As people write it, with or without a tag. Selects deliveries with a push of this image. */
  readonly image?: string | undefined;
  /** Images with tags. Selects deliveries with a push of one of them. */
  readonly images?: readonly string[] | undefined;
  readonly sender?: string | undefined;
  readonly secret?: string | undefined;
  /** Received at or after `since`, and before `until`; RFC 3339 in UTC. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

export type WaitingFilter = {
  readonly cluster?: string | undefined;
  readonly stack?: string | undefined;
  /** Name or id. */
  readonly service?: string | undefined;
};
