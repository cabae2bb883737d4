import type { Digest } from '../../core/image/digest.ts';
import { imageName, type ImageReference } from '../../core/image/image-reference.ts';
import {
  exclusionOf,
  type Selection,
  trackedBy,
  trackLabel,
  unsupportedLabel,
} from '../../core/policy/labels.ts';
import { newestTag, whyNot } from '../../core/policy/choose-tag.ts';
import type { Policy, TagSeen } from '../../core/policy/policy.ts';
import type { TrackingView } from '../../core/policy/tracking.ts';
import { type Service, specDigest } from '../../core/swarm/service.ts';
import {
  type Hold,
  unsupportedWords,
  type Verdict,
  verdictDetail,
  whyHeld,
} from '../../core/verdict/verdict.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { LastLookup } from '../../store/published/published.ts';
import { readAllArrivals } from '../../store/track/arrivals.ts';
import { type Memory, taggedImage } from '../assess/check-services.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import { readTracking, type Tracking } from './read-tracking.ts';

type Deps = {
  readonly db: Db;
  readonly cluster: string;
  readonly select: Selection;
  readonly memory: Pick<Memory, 'hold' | 'frozen' | 'digestHold' | 'gates' | 'knownDigest'>;
  /** The registries' last answers, by `name:tag`. */
  readonly lookups: ReadonlyMap<string, LastLookup>;
};

/** A known tag with its last digest; null if no answer or push gave one. */
type Known = TagSeen & { readonly digest: Digest | null };

/** Maximum number of tags above the service's own that are examined. */
const MOST_TOLD = 10;

/**
 * The tracking state of a service, by what was pushed and by the registries' last answers; null if the service has no
 * tracking label. No registry is asked.
 */
export const inspectTracking = async (
  deps: Deps,
  service: Service,
): Promise<TrackingView | null> => {
  const label = trackLabel(service);
  const policy = trackedBy(service);
  const image = taggedImage(service);
  if (label === null || image === null) return null;
  if (policy === null) return { ...NOTHING_KNOWN, policy: label, whyNot: whyNever(deps, service) };
  const name = imageName(image);
  const known = await readKnown(deps, policy, image);
  const from = { cluster: deps.cluster, name };
  const tracking = await readTracking(deps.db, from, [service], []);
  const floor = tracking.floorOf(service);
  if (floor === null) return null;
  const isNewer = (one: Known): boolean =>
    whyNot(policy, floor, one) === null && !isSame(service, one);
  const newer = newestFirst(policy, image.tag, known.filter(isNewer));
  const held = newer.flatMap(({ tag, digest }) => {
    const hold = holdOf(deps, tracking, service, { image: { ...image, tag }, digest });
    return hold === null ? [] : [{ tag, reason: hold.kind, why: whyHeld(hold, tag) }];
  });
  // A tag that failed is passed over for the next lower one. A tag that a person left is not.
  const hasFailed = (tag: string): boolean =>
    held.some((one) => one.tag === tag && one.reason === 'known-bad');
  const next = newer.find(({ tag }) => !hasFailed(tag)) ?? newer[0] ?? null;
  const newest = newestTag(policy, image.tag, [floor, ...known]);
  const isOnItsWay = floor.tag !== image.tag;
  return {
    policy: policy.text,
    newest,
    next: next?.tag ?? (isOnItsWay ? floor.tag : null),
    whyNot:
      whyNever(deps, service) ??
      (next === null
        ? whyStays(policy, floor, { image, newest })
        : (held.find(({ tag }) => tag === next.tag)?.why ??
          (await whyWaiting(deps, service, { ...image, tag: next.tag }, next.digest)) ??
          notYet(policy))),
    tags: null,
    ran: tracking.ranBefore(service),
    held,
  };
};

const NOTHING_KNOWN: TrackingView = {
  policy: '',
  newest: null,
  next: null,
  whyNot: null,
  tags: null,
  ran: null,
};

/** The pushed tags. If tags have an order, also the tags that registries have answered for. */
const readKnown = async (
  { db, lookups }: Deps,
  policy: Policy,
  image: ImageReference,
): Promise<readonly Known[]> => {
  const name = imageName(image);
  const arrivals = await readAllArrivals(db, name);
  const last = (tag: string): LastLookup | undefined => lookups.get(`${name}:${tag}`);
  const pushed = arrivals.flatMap(({ tag, digest, at }): Known[] =>
    last(tag)?.failure === 'tag-gone'
      ? []
      : [{ tag, arrivedAt: at, digest: last(tag)?.digest ?? digest }],
  );
  if (!policy.ordersTags) return pushed;
  const tags = new Set(pushed.map(({ tag }) => tag));
  const answered = [...lookups].flatMap(([key, { digest, failure }]) => {
    const tag = key.slice(name.length + 1);
    const isOther = !key.startsWith(`${name}:`) || digest === null || tags.has(tag);
    return isOther || failure === 'tag-gone' ? [] : [{ tag, arrivedAt: null, digest }];
  });
  return [...pushed, ...answered];
};

/** The tags that the policy accepts, each once, newest first. */
const newestFirst = (
  policy: Policy,
  present: string,
  known: readonly Known[],
): readonly Known[] => {
  const left = new Map(
    known.toSorted((a, b) => (a.arrivedAt ?? 0) - (b.arrivedAt ?? 0)).map((one) => [one.tag, one]),
  );
  const sorted: Known[] = [];
  while (sorted.length < MOST_TOLD) {
    const tag = newestTag(policy, present, [...left.values()]);
    const one = tag === null ? undefined : left.get(tag);
    if (one === undefined) break;
    sorted.push(one);
    left.delete(one.tag);
  }
  return sorted;
};

/** A tag with the service's present digest is not a move. */
const isSame = (service: Service, { digest }: Known): boolean =>
  digest !== null && digest === specDigest(service);

const holdOf = (
  { memory }: Deps,
  tracking: Tracking,
  service: Service,
  { image, digest }: { readonly image: TaggedImage; readonly digest: Digest | null },
): Hold | null =>
  digest === null
    ? null
    : (memory.hold(service, digest, image) ?? tracking.putBack(service, digest, image));

/** What the service's gates say about a tag; null if they are open. */
const whyWaiting = async (
  { memory }: Deps,
  service: Service,
  image: TaggedImage,
  digest: Digest | null,
): Promise<string | null> => {
  const knownDigest = memory.knownDigest(service);
  const from = specDigest(service) ?? knownDigest;
  if (digest === null || from === null) return null;
  const { gates, frozen, digestHold: hold } = memory;
  await gates.prepare([{ service, image }]);
  const assessed: Verdict = { verdict: 'obsolete', from, to: digest };
  const one = { service, image, published: digest, knownDigest, verdict: assessed };
  const verdict = gates.judge(one, { frozen, hold });
  return verdict.verdict === 'waiting' ? verdictDetail(verdict) : null;
};

const whyNever = ({ select }: Deps, service: Service): string | null => {
  const exclusion = exclusionOf(service, select);
  if (exclusion !== null) return `the service is excluded (${exclusion})`;
  const label = unsupportedLabel(service);
  return label === null ? null : unsupportedWords(label);
};

const notYet = ({ ordersTags }: Policy): string =>
  ordersTags
    ? 'nothing prevents it: the next push of this tag moves the service, and so does SmartRedeploy'
    : 'nothing prevents it: the next push of this tag moves the service';

const whyStays = (
  policy: Policy,
  floor: TagSeen,
  { image, newest }: { readonly image: TaggedImage; readonly newest: string | null },
): string | null => {
  if (floor.tag !== image.tag) return 'its deployment is in progress';
  if (newest === null) return `no known tag matches ${policy.text}`;
  if (newest === image.tag) return null;
  const why = whyNot(policy, floor, { tag: newest, arrivedAt: null });
  return why === null
    ? `${newest} has the digest that the service already runs`
    : `${newest}: ${why}`;
};
