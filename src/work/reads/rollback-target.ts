import { ActRefused } from '../../core/contract/act-refused.ts';
import { type Digest, parseDigest, shortDigest } from '../../core/image/digest.ts';
import { goodBefore, type KnownImage } from '../../core/rollout/good-image.ts';
import { type Service, specDigest } from '../../core/swarm/service.ts';
import type { RollbackView } from '../../core/contract/views.ts';
import type { Hold } from '../../core/verdict/verdict.ts';
import { readKnownImages } from '../../store/holds/good-images.ts';
import { optionalRfc3339, rfc3339 } from '../../store/query/json.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { readRan } from '../../store/track/ran.ts';
import {
  type DigestInHistory,
  digestsInHistory,
  lastEnded,
} from '../../store/deployments/deployment-history.ts';
import { readDigestHolds } from '../assess/memory.ts';

/** Up to three digits are a number of steps back; six or more are the beginning of a digest. */
const STEPS_BACK = /^[1-9]\d{0,2}$/;
const BEGINNING = /^(?:sha256:)?([0-9a-f]{6,63})$/;
/** Digests of the history that an error message names. */
const MOST_NAMED = 5;

/** What the target of a rollback is chosen from. */
type Past = {
  readonly present: Digest | null;
  readonly presentGoodAt: number | null;
  /** The images that it may go to without a named digest, newest first. */
  readonly good: readonly KnownImage[];
  readonly history: readonly DigestInHistory[];
  readonly holdOn: (digest: Digest) => Hold | null;
};

const readPast = async (db: Db, cluster: string, service: Service): Promise<Past> => {
  const [known, history, findHold] = await Promise.all([
    readKnownImages(db, cluster, service),
    digestsInHistory(db, cluster, service.id),
    readDigestHolds(db, cluster),
  ]);
  const holdOn = (digest: Digest): Hold | null => findHold(service, digest);
  const judged = known.map((one) => ({ ...one, isHeld: holdOn(one.digest) !== null }));
  const present = specDigest(service);
  const presentGoodAt = known.find(({ digest }) => digest === present)?.goodAt ?? null;
  return { present, presentGoodAt, good: goodBefore(judged, present), history, holdOn };
};

const reasonOf = (hold: Hold | null): RollbackView['others'][number]['reason'] =>
  hold?.kind === 'known-bad' || hold?.kind === 'left-by-person' ? hold.kind : 'not-good';

/** What a person may roll a service back to, for an overview. */
export const readRollback = async (
  db: Db,
  cluster: string,
  service: Service,
): Promise<RollbackView> => {
  const past = await readPast(db, cluster, service);
  const { present, presentGoodAt, good, history, holdOn } = past;
  const known = new Map(history.map((one) => [one.digest, one]));
  const offered = new Set(good.map(({ digest }) => digest));
  return {
    present,
    presentGoodAt: optionalRfc3339(presentGoodAt),
    targets: good.map(({ digest, goodAt }) => ({
      digest,
      tag: known.get(digest)?.tag ?? null,
      goodAt: rfc3339(goodAt ?? 0),
      build: known.get(digest)?.build ?? null,
    })),
    others: history
      .filter(({ digest }) => digest !== present && !offered.has(digest))
      .map(({ digest, tag }) => ({ digest, tag, reason: reasonOf(holdOn(digest)) })),
  };
};

/**
 * The digest that a person means by `to`: null for the newest good one before the present one, `3` for the third good
 * one before it, a tag that the service ran, a digest, or the unique beginning of a digest in its history. Throws
 * {@link ActRefused} if `to` matches none or several, or if the digest is held and `force` is not set.
 */
export const rollbackTarget = async (
  db: Db,
  cluster: string,
  service: Service,
  { to, force }: { readonly to: string | null; readonly force: boolean },
): Promise<Digest> => {
  const past = await readPast(db, cluster, service);
  const { name } = service;
  if (to === null || STEPS_BACK.test(to)) return goodTarget(name, past, to);
  const digest =
    parseDigest(to) ??
    (await digestOfTag(db, cluster, service, to)) ??
    digestBeginning(name, past, to);
  const hold = past.holdOn(digest);
  if (hold === null || force) return digest;
  const why =
    hold.kind === 'known-bad'
      ? 'it failed there'
      : 'a person rolled back from it, or while it was published';
  const since = 'since' in hold ? ` at ${hold.since}` : '';
  const held = `${shortDigest(digest)} is held for ${name} (${hold.kind}): ${why}${since}`;
  throw new ActRefused('held', `${held}; nothing was done. Use force to do it anyway`);
};

/** The digest that a service last ran under a tag, other than its present one; null if it never did. */
const digestOfTag = async (
  db: Db,
  cluster: string,
  service: Service,
  asked: string,
): Promise<Digest | null> => {
  const present = specDigest(service);
  const ran = await readRan(db, cluster, service.id);
  return ran.find(({ tag, digest }) => tag === asked && digest !== present)?.digest ?? null;
};

const goodTarget = (name: string, past: Past, to: string | null): Digest => {
  const target = past.good[Number(to ?? 1) - 1];
  if (target !== undefined) return target.digest;
  if (past.good.length > 0) {
    const images = past.good.length === 1 ? 'good image' : 'good images';
    const text = `only ${past.good.length} ${images} of ${name} before the present one: name a digest`;
    throw new ActRefused('conflict', text);
  }
  const others = past.history
    .filter(({ digest }) => digest !== past.present)
    .slice(0, MOST_NAMED)
    .map(({ digest }) => ({
      digest: shortDigest(digest),
      hold: past.holdOn(digest)?.kind ?? null,
    }));
  const named = others.map(({ digest, hold }) => (hold === null ? digest : `${digest} (${hold})`));
  const suggested = others.find(({ hold }) => hold === null)?.digest ?? 'DIGEST';
  const none = `no good image of ${name} is known before the present one`;
  throw new ActRefused(
    'conflict',
    named.length === 0
      ? `${none}, and its history has no other digest: name one, with --to sha256:…`
      : `${none}. Its history has ${named.join(', ')}: name one, with --to ${suggested}`,
  );
};

const digestBeginning = (name: string, { history }: Past, to: string): Digest => {
  const beginning = BEGINNING.exec(to)?.[1];
  if (beginning === undefined) {
    const expected =
      'such a tag, sha256: and 64 lower-case hex digits, the first six or more of them, or a number';
    throw new ActRefused(
      'invalid-request',
      `"${to}" is not a digest, and not another tag that ${name} ran: expected ${expected} of steps back`,
    );
  }
  const [only, ...more] = history.filter(({ digest }) => digest.startsWith(`sha256:${beginning}`));
  if (only !== undefined && more.length === 0) return only.digest;
  throw new ActRefused(
    'conflict',
    only === undefined
      ? `no digest in the history of ${name} begins with ${beginning}; give the complete digest`
      : `${more.length + 1} digests in the history of ${name} begin with ${beginning}; give more digits`,
  );
};

/**
 * The digest of the spec before the present one, if the newest deployment that did anything shows it; otherwise null.
 */
export const digestBefore = async (
  db: Db,
  cluster: string,
  service: Service,
): Promise<Digest | null> => {
  const last = await lastEnded(db, cluster, service.id);
  const present = specDigest(service);
  if (last?.state === 'succeeded' && last.to === present) return last.from;
  return last?.state === 'rolled-back' && last.from === present ? last.to : null;
};

/** Throws {@link ActRefused} if the digest of the spec before the present one is held. */
export const refuseHeldBefore = async (
  db: Db,
  cluster: string,
  service: Service,
  before: Digest,
): Promise<void> => {
  const hold = (await readDigestHolds(db, cluster))(service, before);
  if (hold === null) return;
  const text = `the spec before the present one of ${service.name} has ${shortDigest(before)}, which is held (${hold.kind})`;
  throw new ActRefused('held', `${text}; nothing was done. Use force to do it anyway`);
};

/** The tag that a service had with a digest of its history; its present tag if that is unknown. */
export const tagWith = async (
  db: Db,
  cluster: string,
  serviceId: string,
  {
    digest,
    asked,
    present,
  }: {
    readonly digest: Digest;
    /** What the person asked for; it may be the tag itself. */
    readonly asked: string | null;
    readonly present: string;
  },
): Promise<string> => {
  const ran = (await readRan(db, cluster, serviceId)).filter((one) => one.digest === digest);
  return (ran.find(({ tag }) => tag === asked) ?? ran[0])?.tag ?? present;
};
