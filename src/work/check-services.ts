import { assess } from '../core/assess.ts';
import type { Digest } from '../core/digest.ts';
import { imageWithTag } from '../core/image-reference.ts';
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
};

export type CheckedService = {
  readonly service: Service;
  /** Null where the spec's image has no tag or is none. */
  readonly image: TaggedImage | null;
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
  /** Answers for an image; asked once for each that an included service uses. */
  readonly lookUp: (image: TaggedImage) => Promise<LookUp | null>;
};

/** The tagged image of a service that a push can change, or null. */
export const taggedImage = (service: Service): TaggedImage | null => {
  if (!service.image.ok) return null;
  const { image } = service.image;
  return image.tag === null ? null : { ...image, tag: image.tag };
};

const NO_MEMBERS = { kind: 'manifest', manifest: { members: [] } } as const;

type Asked = { readonly service: Service; readonly image: TaggedImage };

/** Verdicts that a platform of the published index could turn into `current`. */
const DIFFERS: ReadonlySet<string> = new Set(['obsolete', 'held', 'diverged']);

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
  const { select, memory } = check;
  const tasksOf = check.tasks === null ? null : Map.groupBy(check.tasks, (task) => task.serviceId);
  const checked = new Map<Service, CheckedService>();
  const conclude = (
    { service, image }: Pick<CheckedService, 'service' | 'image'>,
    lookUp: LookUp | null,
    members: readonly Digest[] | null,
  ): Verdict => {
    const verdict = assess({
      service,
      tasks: tasksOf === null ? null : (tasksOf.get(service.id) ?? []),
      lookUp,
      members,
      select,
      hold: lookUp?.kind === 'published' ? memory.hold(service, lookUp.digest) : null,
      knownDigest: memory.knownDigest(service),
      updateIsOurs: memory.updateIsOurs(service),
    });
    checked.set(service, { service, image, lookUp, members, verdict });
    return verdict;
  };

  const checkImage = async (image: TaggedImage, users: readonly Asked[]): Promise<void> => {
    const lookUp = await check.lookUp(image);
    const differing = users.filter((user) => DIFFERS.has(conclude(user, lookUp, null).verdict));
    if (differing.length === 0 || lookUp?.kind !== 'published') return;
    // Only an index has members that could run instead of it.
    const read = isPlainManifest(lookUp.mediaType)
      ? NO_MEMBERS
      : await registries.readManifest(image, lookUp.digest, signal);
    for (const user of differing) {
      if (read.kind === 'failed') conclude(user, read, null);
      else conclude(user, lookUp, read.manifest.members);
    }
  };

  const usersOf = new Map<string, [Asked, ...Asked[]]>();
  for (const service of check.services) {
    const image = taggedImage(service);
    if (image === null || exclusionOf(service, select) !== null) {
      conclude({ service, image }, null, null);
      continue;
    }
    const users = usersOf.get(imageWithTag(image));
    if (users === undefined) usersOf.set(imageWithTag(image), [{ service, image }]);
    else users.push({ service, image });
  }
  await Promise.all([...usersOf.values()].map((users) => checkImage(users[0].image, users)));
  return check.services.flatMap((service) => checked.get(service) ?? []);
};
