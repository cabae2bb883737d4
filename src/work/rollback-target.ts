import { ActRefused } from '../core/act-refused.ts';
import { type Digest, parseDigest } from '../core/digest.ts';
import type { Service } from '../core/service.ts';
import type { Db } from '../store/open-store.ts';
import { digestsBefore, digestsInHistory } from '../store/read-deployments.ts';

/** More digits are the beginning of a digest, fewer a number of steps back. */
const STEPS_BACK = /^[1-9]\d{0,2}$/;
const BEGINNING = /^(?:sha256:)?([0-9a-f]{6,63})$/;

/**
 * The digest that a person means by `to`: null for the one before the present one, `3` for the third
 * before it, a digest, or the beginning of one that stands in the service's history. Throws
 * {@link ActRefused} where it is none, or not one alone.
 */
export const rollbackTarget = async (
  db: Db,
  cluster: string,
  service: Pick<Service, 'id' | 'name'>,
  present: Digest | null,
  to: string | null,
): Promise<Digest> => {
  const { id, name } = service;
  if (to === null || STEPS_BACK.test(to)) {
    const before = await digestsBefore(db, cluster, id, present);
    const target = before[Number(to ?? 1) - 1];
    if (target !== undefined) return target;
    const known =
      to === null || before.length === 0
        ? `no digest that ${name} ran before is known`
        : `only ${before.length} of the digests that ${name} ran before are known`;
    throw new ActRefused('conflict', `${known}; name one`);
  }
  const digest = parseDigest(to);
  if (digest !== null) return digest;
  const beginning = BEGINNING.exec(to)?.[1];
  if (beginning === undefined) {
    const expected =
      'sha256: and 64 lower-case hex digits, the first six or more of them, or a number';
    throw new ActRefused(
      'invalid-request',
      `"${to}" is no digest: expected ${expected} of steps back`,
    );
  }
  const known = await digestsInHistory(db, cluster, id);
  const [only, ...more] = known.filter((one) => one.startsWith(`sha256:${beginning}`));
  if (only !== undefined && more.length === 0) return only;
  throw new ActRefused(
    'conflict',
    only === undefined
      ? `no digest in the history of ${name} begins with ${beginning}; give it whole`
      : `${more.length + 1} digests in the history of ${name} begin with ${beginning}; give more of it`,
  );
};
