import { assess } from '../core/assess.ts';
import type { Digest } from '../core/digest.ts';
import { imageName } from '../core/image-reference.ts';
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
  const tasksOf = Map.groupBy(check.tasks ?? [], (task) => task.serviceId);
  const lookUps = new Map<string, Promise<LookUp | null>>();
  const lookUpOnce = (image: TaggedImage): Promise<LookUp | null> => {
    const key = `${imageName(image)}:${image.tag}`;
    const known = lookUps.get(key) ?? check.lookUp(image);
    lookUps.set(key, known);
    return known;
  };

  const checkOne = async (service: Service): Promise<CheckedService> => {
    const image = taggedImage(service);
    const isAsked = image !== null && exclusionOf(service, check.select) === null;
    const lookUp = isAsked ? await lookUpOnce(image) : null;
    const verdict = (answer: LookUp | null, members: readonly Digest[] | null): Verdict =>
      assess({
        service,
        tasks: check.tasks === null ? null : (tasksOf.get(service.id) ?? []),
        lookUp: answer,
        members,
        select: check.select,
        hold: answer?.kind === 'published' ? check.memory.hold(service, answer.digest) : null,
        knownDigest: check.memory.knownDigest(service),
        updateIsOurs: check.memory.updateIsOurs(service),
      });
    const first = verdict(lookUp, null);
    const differs = ['obsolete', 'held', 'diverged'].includes(first.verdict);
    if (!differs || image === null || lookUp?.kind !== 'published') {
      return { service, image, lookUp, members: null, verdict: first };
    }
    // Only an index has members that could run instead of it.
    if (isPlainManifest(lookUp.mediaType)) {
      return { service, image, lookUp, members: [], verdict: first };
    }
    const read = await registries.readManifest(image, lookUp.digest, signal);
    if (read.kind === 'failed') {
      return { service, image, lookUp: read, members: null, verdict: verdict(read, null) };
    }
    const { members } = read.manifest;
    return { service, image, lookUp, members, verdict: verdict(lookUp, members) };
  };
  return Promise.all(check.services.map(checkOne));
};
