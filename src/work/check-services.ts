import { assess } from '../core/assess.ts';
import type { Digest } from '../core/digest.ts';
import { imageWithTag, type ParsedImage } from '../core/image-reference.ts';
import { exclusionOf, type Selection } from '../core/labels.ts';
import { isPlainManifest, type LookUp } from '../core/published.ts';
import type { Service, Task } from '../core/service.ts';
import type { Hold, Verdict } from '../core/verdict.ts';
import type { Registries, TaggedImage } from './ports.ts';

/** What is remembered of a cluster's services, read once for all of them. */
export type Memory = {
  readonly hold: (service: Service, digest: Digest) => Hold | null;
  readonly knownDigest: (service: Service) => Digest | null;
  readonly updateIsOurs: (service: Service) => boolean;
  /** Somebody else's update of it is stuck; missing where nobody looked. */
  readonly isStuck?: (service: Service) => boolean;
  readonly ownTarget: (service: Service) => Digest | null;
  /** The platform manifests of an index that was seen before; null where it never was. */
  readonly membersOf: (digest: Digest) => Promise<readonly Digest[] | null>;
};

export type CheckedService = {
  readonly service: Service;
  /** Null where the spec's image has no tag or is none. */
  readonly image: TaggedImage | null;
  /** Its running tasks; null where they are not told or do not matter. */
  readonly tasks: readonly Task[] | null;
  /** What an unpinned one is known to run; null where that is not known. */
  readonly knownDigest: Digest | null;
  /** Null where the registry was not asked. */
  readonly lookUp: LookUp | null;
  /** Platform manifests of the published digest; null where they were not read. */
  readonly members: readonly Digest[] | null;
  readonly verdict: Verdict;
};

export type Check = {
  readonly services: readonly Service[];
  /** The running tasks of these services; null where they are not told or do not matter. */
  readonly tasks: readonly Task[] | null;
  readonly select: Selection;
  readonly memory: Memory;
  readonly deploysOci: boolean;
  /** Hosts of which every new index counts, also one that differs in attestations alone. */
  readonly followsIndex: (host: string) => boolean;
  /** What cannot be compared is deployed, so that it has to be known whether it is an image. */
  readonly pins: boolean;
  /** Answers for an image; asked once for each that an included service uses. */
  readonly lookUp: (image: TaggedImage) => Promise<LookUp | null>;
};

/** The tagged image of a service that a push can change, or null. */
export const taggedImage = (service: Service): TaggedImage | null => {
  if (!service.image.ok) return null;
  const { image } = service.image;
  return image.tag === null ? null : { ...image, tag: image.tag };
};

/** Where nothing is configured, images count and not what is said about them. */
export const FOLLOWS_NONE = (): boolean => false;

const NOT_CHECKED: Verdict = { verdict: 'unknown', reason: 'not-checked', detail: null };
const NO_TASKS: readonly Task[] = [];

/** A service while it is checked. */
type Checking = { -readonly [Field in keyof CheckedService]: CheckedService[Field] };

/** An image and the services that are to be checked against it. */
type UsedImage = { readonly image: TaggedImage; readonly users: Checking[] };

/** Verdicts that a platform of the published index could turn into `current`. */
const DIFFERS: ReadonlySet<string> = new Set(['obsolete', 'held', 'diverged']);

const isUnpinned = (verdict: Verdict): boolean =>
  verdict.verdict === 'unknown' && verdict.reason === 'unpinned';

const isSameSet = (some: readonly Digest[], others: readonly Digest[]): boolean =>
  some.length > 0 && new Set(some).symmetricDifference(new Set(others)).size === 0;

const noImage = (image: TaggedImage, mediaType: string): LookUp => ({
  kind: 'failed',
  reason: 'not-an-image',
  detail: `${imageWithTag(image)} holds no image but ${mediaType.slice(0, 100)}; push an image to this tag, or let the service use another`,
  retryAfterMs: null,
});

/**
 * Resolves and assesses: one look-up for each distinct image however many services use it, and one
 * reading of the published manifest only where a running digest differs, because the running one may
 * be a platform of it.
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
    lookUp: LookUp | null,
    members: readonly Digest[] | null,
    same: readonly Digest[] = [],
  ) => {
    const { service } = one;
    one.lookUp = lookUp;
    one.members = members;
    one.verdict = assess({
      service,
      tasks: one.tasks,
      lookUp,
      members: members === null ? null : [...members, ...same],
      select,
      hold: lookUp?.kind === 'published' ? memory.hold(service, lookUp.digest) : null,
      deploysOci,
      knownDigest: one.knownDigest,
      updateIsOurs: memory.updateIsOurs(service),
      isStuck: memory.isStuck?.(service) ?? false,
      ownTarget: memory.ownTarget(service),
    });
  };

  const checkImage = async ({ image, users }: UsedImage): Promise<void> => {
    const lookUp = await check.lookUp(image);
    for (const user of users) conclude(user, lookUp, null);
    const differing = users.filter(
      ({ verdict }) => DIFFERS.has(verdict.verdict) || (check.pins && isUnpinned(verdict)),
    );
    if (differing.length === 0 || lookUp?.kind !== 'published') return;
    const read = await registries.readManifest(image, lookUp.digest, signal);
    // Only an index has members that could run instead of it.
    const isPlain = isPlainManifest(lookUp.mediaType);
    for (const user of differing) {
      if (read.kind === 'failed' && isPlain) conclude(user, lookUp, []);
      else if (read.kind === 'manifest' && read.manifest.artifact !== null) {
        conclude(user, noImage(image, read.manifest.artifact), null);
      } else if (read.kind === 'failed') conclude(user, read, null);
      else {
        const { members } = read.manifest;
        const same = await sameIndexes(user, image, isPlain ? [lookUp.digest] : members);
        conclude(user, lookUp, members, same);
      }
    }
  };

  /** The running index where it holds the same images, so that only what is said about them differs. */
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

  const used = createUsedImages();
  const checked = check.services.map((service): Checking => {
    const found = used.of(service);
    const one: Checking = {
      service,
      image: found?.image ?? null,
      tasks: tasksOf === null ? null : (tasksOf.get(service.id) ?? NO_TASKS),
      knownDigest: memory.knownDigest(service),
      lookUp: null,
      members: null,
      verdict: NOT_CHECKED,
    };
    if (found === null || exclusionOf(service, select) !== null) conclude(one, null, null);
    else found.used.users.push(one);
    return one;
  });
  await Promise.all(used.all().map(checkImage));
  return checked;
};

/** Finds the tagged image of each service; a cluster of thousands has few, each spelt the same way. */
const createUsedImages = () => {
  const byText = new Map<string, UsedImage>();
  // What spells the same was parsed once, and so is told by what it was parsed to.
  const byParsed = new Map<ParsedImage, { image: TaggedImage; used: UsedImage } | null>();
  const find = (service: Service): { image: TaggedImage; used: UsedImage } | null => {
    const image = taggedImage(service);
    if (image === null) return null;
    const text = imageWithTag(image);
    const used = byText.get(text) ?? { image, users: [] };
    byText.set(text, used);
    return { image, used };
  };
  return {
    of: (service: Service) => {
      const known = byParsed.get(service.image);
      if (known !== undefined) return known;
      const found = find(service);
      byParsed.set(service.image, found);
      return found;
    },
    /** Those that have users. */
    all: () => [...byText.values()].filter(({ users }) => users.length > 0),
  };
};
