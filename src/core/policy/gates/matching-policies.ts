import { matchesGlob } from '../../glob.ts';
import { imageName } from '../../image/image-reference.ts';
import type { Service } from '../../swarm/service.ts';
import type { GatePolicy } from './gate-policy.ts';
import { gatesOfLabels } from './label-gates.ts';

/** Globs; null limits nothing. All given fields must match. */
export type PolicyMatch = {
  readonly clusters: readonly string[] | null;
  /** A service without a stack matches none. */
  readonly stacks: readonly string[] | null;
  readonly services: readonly string[] | null;
  /** Registry and repository: `docker.io/acme/*`. */
  readonly images: readonly string[] | null;
};

/** A policy of the configuration. */
export type ConfiguredPolicy = GatePolicy & { readonly match: PolicyMatch };

type Matched = Pick<Service, 'name' | 'stack' | 'image'>;

const isAmong = (patterns: readonly string[] | null, text: string | null): boolean =>
  patterns === null || (text !== null && patterns.some((pattern) => matchesGlob(pattern, text)));

export const isMatched = (match: PolicyMatch, cluster: string, service: Matched): boolean =>
  isAmong(match.clusters, cluster) &&
  isAmong(match.stacks, service.stack) &&
  isAmong(match.services, service.name) &&
  isAmong(match.images, service.image.ok ? imageName(service.image.image) : null);

/** Every source of gates for a service: its own labels, and all policies that match it. */
export const policiesFor = (
  policies: readonly ConfiguredPolicy[],
  cluster: string,
  service: Matched & Pick<Service, 'labels'>,
): readonly GatePolicy[] => {
  const own = gatesOfLabels(service.labels);
  const matching = policies.filter(({ match }) => isMatched(match, cluster, service));
  return own === null ? matching : [own, ...matching];
};
