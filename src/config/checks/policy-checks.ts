import { matchesGlob } from '../../core/glob.ts';
import { VOTER_ROLES } from '../../core/policy/gates/gate-policy.ts';
import type { ConfigProblem } from '../source/problem.ts';
import { type Path, type Source, valueAt } from '../source/source.ts';
import { CLUSTER, listAt, problemAt, unknownAt } from './source-checks.ts';

const POLICIES: Path = ['policies'];

/** Clusters in a policy that are not configured. */
const unknownClusters = (source: Source, clusters: readonly string[]): readonly ConfigProblem[] =>
  listAt(source, POLICIES).flatMap((_, index) =>
    unknownAt(source, [...POLICIES, index, 'match', 'clusters'], CLUSTER, clusters),
  );

/** Whether a token with these patterns, or without any, acts on a cluster. */
const covers = (patterns: unknown, cluster: string): boolean =>
  !Array.isArray(patterns) ||
  patterns.some((one) => typeof one === 'string' && matchesGlob(one, cluster));

/** Votes that the tokens of this configuration could never give, on some cluster of the policy. */
const unreachableVotes = (source: Source, clusters: readonly string[]): readonly ConfigProblem[] =>
  listAt(source, POLICIES).flatMap((_, index) => {
    const policy: Path = [...POLICIES, index];
    const approval: Path = [...policy, 'approval'];
    if (valueAt(source.tree, approval) === undefined) return [];
    const votes = Number(valueAt(source.tree, [...approval, 'votes']) ?? 1);
    const by = valueAt(source.tree, [...approval, 'by']) ?? VOTER_ROLES;
    const roles: readonly unknown[] = Array.isArray(by) ? by : VOTER_ROLES;
    const meant = clusters.filter((one) =>
      covers(valueAt(source.tree, [...policy, 'match', 'clusters']), one),
    );
    const channels = listAt(source, ['notifications']).filter(
      (_channel, at) =>
        !['undefined', 'null', 'false'].includes(
          String(valueAt(source.tree, ['notifications', at, 'approve'])),
        ),
    );
    // All channels together count as one vote, with the role approver at most.
    const byLink = channels.length > 0 && roles.includes('approver') ? 1 : 0;
    const votersOf = (cluster: string): number =>
      listAt(source, ['api', 'tokens']).filter((_token, at) => {
        const token: Path = ['api', 'tokens', at];
        const role = valueAt(source.tree, [...token, 'role']) ?? 'operator';
        return (
          roles.includes(role) && covers(valueAt(source.tree, [...token, 'clusters']), cluster)
        );
      }).length + byLink;
    const short = meant.find((cluster) => votersOf(cluster) < votes);
    if (short === undefined) return [];
    const able = votersOf(short);
    const found = `${votes} votes by ${roles.join(' or ')}, of which the tokens can give ${able} on cluster ${short}`;
    const expected = 'no more votes than there are tokens of these roles, with or without a scope';
    return [problemAt(source, [...approval, 'votes'], { found, expected })];
  });

/** Mistakes of policies that only the whole configuration shows. */
export const policyChecks = (
  source: Source,
  clusters: readonly string[],
): readonly ConfigProblem[] => [
  ...unknownClusters(source, clusters),
  ...unreachableVotes(source, clusters),
];
