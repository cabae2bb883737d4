import { assess } from '../../core/verdict/assess.ts';
import type { Digest } from '../../core/image/digest.ts';
import { imageWithTag, type ParsedImage } from '../../core/image/image-reference.ts';
import { exclusionOf, type Selection, trackedBy } from '../../core/policy/labels.ts';
import { isPlainManifest, type Lookup } from '../../core/image/published.ts';
import { type Service, specDigest, type Task } from '../../core/swarm/service.ts';
import type { Hold, Verdict } from '../../core/verdict/verdict.ts';
import type { HasImage } from '../gates/has-image.ts';
import type { Gates } from '../gates/judge-gates.ts';
import type { Registries, TaggedImage } from '../../core/contract/registries.ts';

/** What the store knows of a cluster's services, read once for all of them. */
export type Memory = {
  readonly hold: (service: Service, digest: Digest, image: TaggedImage | null) => Hold | null;
  /** The only hold that also applies to what cannot be compared: no node can run the image. */
  readonly fitHold: (service: Service, digest: Digest) => Hold | null;
  readonly knownDigest: (service: Service) => Digest | null;
  readonly updateIsOurs: (service: Service) => boolean;
  /** Whether another person's or tool's update of the service is stuck. Missing if nothing watches for that. */
  readonly isStuck?: (service: Service) => boolean;
  readonly ownTarget: (service: Service) => Digest | null;
  /** The platform manifests of an index that was read before; null if it never was. */
  readonly membersOf: (digest: Digest) => Promise<readonly Digest[] | null>;
  /** The freeze that covers the service, whatever its image. */
  readonly frozen: (service: Service) => Hold | null;
  /** As `hold`, without freezes. */
  readonly digestHold: (service: Service, digest: Digest, image: TaggedImage | null) => Hold | null;
  /** Applies the gates of services to their verdicts. */
  readonly gates: Gates;
};

export type CheckedService = {
  readonly service: Service;
  /** The image that the service is compared with; null if the spec's image has no tag or is invalid. */
  readonly image: TaggedImage | null;
  /** Its running tasks; null if the cluster does not list them or they do not matter. */
  readonly tasks: readonly Task[] | null;
  /** The digest that an unpinned service is known to run; null if unknown. */
  readonly knownDigest: Digest | null;
  /** Null if no registry was asked. */
  readonly lookup: Lookup | null;
  /** Platform manifests of the published digest; null if they were not read. */
  readonly members: readonly Digest[] | null;
  readonly verdict: Verdict;
};

export type Check = {
  readonly services: readonly Service[];
  /** The running tasks of these services; null if the cluster does not list them or they do not matter. */
  readonly tasks: readonly Task[] | null;
  readonly select: Selection;
  readonly memory: Memory;
  readonly deploysOci: boolean;
  /** Whether every new index from this host counts, even one that differs only in attestations. */
  readonly followsIndex: (host: string) => boolean;
  /** Services that cannot be compared are deployed, so the check must find out whether the tag is an image. */
  readonly pins: boolean;
  /** Images of other tags to compare services with, by service id. Missing: none. */
  readonly targets?: ReadonlyMap<string, TaggedImage>;
  /** Asks a registry whether it still has an image that its tag no longer shows. Missing: no registry is asked. */
  readonly hasImage?: (
    image: TaggedImage,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<HasImage>;
  /** Ask the registry for every image that the gates let through: nobody has checked its tag for a while. */
  readonly confirmsAll?: true;
  /** Looks up an image. Called once for each image that an included service uses. */
  readonly lookup: (image: TaggedImage) => Promise<Lookup | null>;
};

/** The tagged image of a service that a push can change, or null. */
export const taggedImage = (service: Service): TaggedImage | null => {
  if (!service.image.ok) return null;
  const { image } = service.image;
  return image.tag === null ? null : { ...image, tag: image.tag };
};

const NOT_CHECKED: Verdict = { verdict: 'unknown', reason: 'not-checked', detail: null };
const NO_TASKS: readonly Task[] = [];
const NO_TARGETS: ReadonlyMap<string, TaggedImage> = new Map();

/** A service while it is being checked. */
type Checking = { -readonly [Field in keyof CheckedService]: CheckedService[Field] };

/** An image and the services to check against it. */
type UsedImage = { readonly image: TaggedImage; readonly users: Checking[] };

/** Verdicts that a platform of the published index could turn into `current`. */
const DIFFERS: ReadonlySet<string> = new Set(['obsolete', 'held', 'diverged']);

const isUnpinned = (verdict: Verdict): boolean =>
  verdict.verdict === 'unknown' && verdict.reason === 'unpinned';

const isSameSet = (some: readonly Digest[], others: readonly Digest[]): boolean =>
  some.length > 0 && new Set(some).symmetricDifference(new Set(others)).size === 0;

const noImage = (image: TaggedImage, mediaType: string): Lookup => ({
  kind: 'failed',
  reason: 'not-an-image',
  detail: `${imageWithTag(image)} is not an image but ${mediaType.slice(0, 100)}; push an image to this tag, or use another tag in the service`,
  retryAfterMs: null,
});

/**
 * Resolves and assesses: one lookup for each distinct image, however many services use it. The published manifest is
 * read only if a running digest differs, because that digest may be a platform of it.
 */
export const checkServices = async (
  registries: Pick<Registries, 'readManifest'>,
  check: Check,
  signal: AbortSignal,
): Promise<CheckedService[]> => {
  const { select, memory, deploysOci } = check;
  const tasksOf = check.tasks === null ? null : Map.groupBy(check.tasks, (task) => task.serviceId);
  const conclude = (
    one: Checking,
    lookup: Lookup | null,
    members: readonly Digest[] | null,
    same: readonly Digest[] = [],
  ) => {
    const { service } = one;
    one.lookup = lookup;
    one.members = members;
    one.verdict = assess({
      service,
      tasks: one.tasks,
      lookup,
      members: members === null ? null : [...members, ...same],
      select,
      hold: lookup?.kind === 'published' ? memory.hold(service, lookup.digest, one.image) : null,
      deploysOci,
      knownDigest: one.knownDigest,
      updateIsOurs: memory.updateIsOurs(service),
      isStuck: memory.isStuck?.(service) ?? false,
      ownTarget: memory.ownTarget(service),
    });
  };

  const checkImage = async ({ image, users }: UsedImage): Promise<void> => {
    const lookup = await check.lookup(image);
    for (const user of users) conclude(user, lookup, null);
    const differing = users.filter(
      ({ verdict }) => DIFFERS.has(verdict.verdict) || (check.pins && isUnpinned(verdict)),
    );
    if (differing.length === 0 || lookup?.kind !== 'published') return;
    const read = await registries.readManifest(image, lookup.digest, signal);
    // Only an index has members that could run instead of it.
    const isPlain = isPlainManifest(lookup.mediaType);
    for (const user of differing) {
      if (read.kind === 'failed' && isPlain) conclude(user, lookup, []);
      else if (read.kind === 'manifest' && read.manifest.artifact !== null) {
        conclude(user, noImage(image, read.manifest.artifact), null);
      } else if (read.kind === 'failed') conclude(user, read, null);
      else {
        const { members } = read.manifest;
        const same = await sameIndexes(user, image, isPlain ? [lookup.digest] : members);
        conclude(user, lookup, members, same);
      }
    }
  };

  /** The running index, if it holds the same images and differs from the published one only in its metadata. */
  const sameIndexes = async (
    { service, knownDigest }: Checking,
    image: TaggedImage,
    published: readonly Digest[],
  ): Promise<readonly Digest[]> => {
    const running = (service.image.ok ? service.image.image.digest : null) ?? knownDigest;
    if (running === null || check.followsIndex(image.registry)) return [];
    const members = await memory.membersOf(running);
    return members !== null && isSameSet(members, published) ? [running] : [];
  };

  const used = createUsedImages(check.targets ?? NO_TARGETS);
  const checked = check.services.map((service): Checking => {
    const found = used.of(service);
    const one: Checking = {
      service,
      image: found?.image ?? null,
      tasks: tasksOf === null ? null : (tasksOf.get(service.id) ?? NO_TASKS),
      knownDigest: memory.knownDigest(service),
      lookup: null,
      members: null,
      verdict: NOT_CHECKED,
    };
    if (found === null || exclusionOf(service, select) !== null) conclude(one, null, null);
    else found.used.users.push(one);
    return one;
  });
  await Promise.all(used.all().map(checkImage));
  await passGates(check, checked, signal);
  return checked;
};

/**
 * Applies the gates to the verdicts. If the gates choose an image that its tag no longer shows, the registry is asked
 * for it once. If that image is gone, the next candidate takes its place.
 */
const passGates = async (
  check: Check,
  checked: readonly Checking[],
  signal: AbortSignal,
): Promise<void> => {
  const { gates, frozen, digestHold } = check.memory;
  const judged = checked.flatMap((one) => {
    const { image, lookup, service } = one;
    // A service that follows tags may have newer tags waiting, even if its own tag was not looked up.
    const isUnasked = lookup === null && trackedBy(service) !== null;
    const published = isUnasked ? specDigest(service) : publishedOf(lookup);
    return image === null || published === null ? [] : [{ one, image, published }];
  });
  await gates.prepare(judged.map(({ one, image }) => ({ service: one.service, image })));
  const holds = { frozen, hold: digestHold };
  await Promise.all(
    judged.map(async ({ one, image, published }) => {
      const assessed = { ...one, image, published };
      for (;;) {
        const verdict = gates.judge(assessed, holds);
        const opened = verdict.verdict === 'obsolete' ? verdict.opened : undefined;
        const chosen = { ...image, tag: opened?.tag ?? image.tag };
        const isOther =
          verdict.verdict === 'obsolete' &&
          (verdict.to !== published || check.confirmsAll === true);
        const has =
          isOther && opened !== undefined && check.hasImage !== undefined
            ? await check.hasImage(chosen, verdict.to, signal)
            : HAS;
        if (has.kind === 'gone' && verdict.verdict === 'obsolete') {
          gates.forget(chosen, verdict.to);
          // Its own tag showed this digest last, so no other candidate is known.
          if (verdict.to !== published) continue;
          const detail = `the registry no longer has ${verdict.to}, which waited to be deployed`;
          one.verdict = { verdict: 'unknown', reason: 'tag-gone', detail };
          return;
        }
        one.verdict =
          has.kind === 'untold'
            ? { verdict: 'unknown', reason: has.reason, detail: has.detail }
            : verdict;
        return;
      }
    }),
  );
};

const HAS: HasImage = { kind: 'has' };

const publishedOf = (lookup: Lookup | null): Digest | null =>
  lookup?.kind === 'published' ? lookup.digest : null;

/** Finds the tagged image of each service. A cluster of thousands of services has few distinct images. */
const createUsedImages = (targets: ReadonlyMap<string, TaggedImage>) => {
  const byText = new Map<string, UsedImage>();
  // Equal texts were parsed once, so they share one parsed object and can be looked up by it.
  const byParsed = new Map<ParsedImage, { image: TaggedImage; used: UsedImage } | null>();
  const find = (service: Service): { image: TaggedImage; used: UsedImage } | null => {
    const image = targets.get(service.id) ?? taggedImage(service);
    if (image === null) return null;
    const text = imageWithTag(image);
    const used = byText.get(text) ?? { image, users: [] };
    byText.set(text, used);
    return { image, used };
  };
  return {
    of: (service: Service) => {
      if (targets.has(service.id)) return find(service);
      const known = byParsed.get(service.image);
      if (known !== undefined) return known;
      const found = find(service);
      byParsed.set(service.image, found);
      return found;
    },
    /** Images that have users. */
    all: () => [...byText.values()].filter(({ users }) => users.length > 0),
  };
};
