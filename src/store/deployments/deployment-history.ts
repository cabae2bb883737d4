import type { Digest } from '../../core/image/digest.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import type { DeploymentState } from '../../core/contract/views.ts';
import { readOptionalJson } from '../query/json.ts';
import type { Db } from '../query/db.ts';

/** Maximum number of deployments of one service that are searched for what it ran. */
const MOST_LOOKED_BACK = 100;

export type DigestInHistory = {
  readonly digest: Digest;
  /** The last tag that the service had with it. */
  readonly tag: string;
  readonly build: BuildFacts | null;
};

/** Every digest in the service's recent deployments, from or to, newest first, each once. */
export const digestsInHistory = async (
  db: Db,
  cluster: string,
  serviceId: string,
): Promise<readonly DigestInHistory[]> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['from_digest', 'from_tag', 'to_digest', 'tag', 'build'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .orderBy('id', 'desc')
    .limit(MOST_LOOKED_BACK)
    .execute();
  const found = new Map<string, Omit<DigestInHistory, 'digest'>>();
  for (const { from_digest, from_tag, to_digest, tag, build } of rows) {
    // The deployment to a digest knows more about it than the one away from it.
    if (to_digest !== null && (found.get(to_digest)?.build ?? null) === null) {
      const known = found.get(to_digest)?.tag ?? tag;
      found.set(to_digest, { tag: known, build: readOptionalJson<BuildFacts>(build) });
    }
    if (from_digest !== null && !found.has(from_digest)) {
      found.set(from_digest, { tag: from_tag ?? tag, build: null });
    }
  }
  return [...found].map(([digest, facts]) => ({ ...facts, digest: digest as Digest }));
};

/** The end of a service's newest deployment that did anything; null if there is none. */
export const lastEnded = async (
  db: Db,
  cluster: string,
  serviceId: string,
): Promise<{ state: DeploymentState; from: Digest | null; to: Digest | null } | null> => {
  const row = await db
    .selectFrom('deployments')
    .select(['state', 'from_digest', 'to_digest'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('state', 'in', ['succeeded', 'failed', 'rolled-back'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { state, from_digest, to_digest } = row;
  return { state, from: from_digest as Digest | null, to: to_digest as Digest | null };
};
