import type { Digest } from '../../../core/image/digest.ts';
import { differingFields } from '../../../core/swarm/spec-changes.ts';
import type { ReadSpecs } from './engine-reads.ts';
import { type RawSpec, type SpecChange, specWithImage } from './engine-update.ts';

/** An update as it was posted, and what it was to change. */
export type PostedUpdate = { readonly posted: RawSpec; readonly change: SpecChange };

/** Whether a spec has what an update of ours changes for certain. */
const isOurs = (spec: RawSpec | null, { posted }: PostedUpdate): boolean => {
  if (spec === null) return false;
  const [task, ours] = [spec.TaskTemplate, posted.TaskTemplate];
  return (
    task.ContainerSpec.Image === ours.ContainerSpec.Image &&
    (task.ForceUpdate ?? 0) === (ours.ForceUpdate ?? 0)
  );
};

/**
 * The same for an update of which only the digest is known, because its answer was lost, and perhaps with the
 * process that sent it: what differs between the specs is more than an update changes.
 */
export const lostBetween = (
  { now, before }: ReadSpecs,
  digest: Digest,
): readonly string[] | null => {
  const has = (spec: RawSpec): boolean =>
    spec.TaskTemplate.ContainerSpec.Image.endsWith(`@${digest}`);
  if (now === null || before === null || !has(now) || has(before)) return null;
  return differingFields(withoutUpdate(before), withoutUpdate(now));
};

/** A spec without what an update of ours may change. */
const withoutUpdate = ({ TaskTemplate, ...spec }: RawSpec): object => {
  const { ContainerSpec, Placement, ForceUpdate: _, ...task } = TaskTemplate;
  const { Image: __, ...container } = ContainerSpec;
  const { Platforms: ___, ...placement } = Placement ?? {};
  return { ...spec, TaskTemplate: { ...task, ContainerSpec: container, Placement: placement } };
};

/**
 * The fields, by path, that an update changed although it was not to: engines clear those that are newer
 * than the API version of the request. `read` is the service shortly afterwards; null where somebody has
 * changed it since, so that what the update made is no longer to be seen.
 */
export const lostFields = (
  { now, before }: ReadSpecs,
  update: PostedUpdate,
): readonly string[] | null => {
  const { posted, change } = update;
  // Somebody has changed another field meanwhile: what the update made is the spec before.
  const madeBefore = isOurs(before, update) ? differingFields(posted, before) : null;
  if (!isOurs(now, update)) return madeBefore;
  // What it replaced is asked as well: it may have been read from an engine that did not know all of it.
  const wanted = before === null ? posted : specWithImage(before, change);
  const madeNow = [...new Set([...differingFields(posted, now), ...differingFields(wanted, now)])];
  // An update that brings the image that was there already leaves it in both: it made the one that is more like it.
  return madeBefore !== null && madeBefore.length < madeNow.length ? madeBefore : madeNow;
};
