import type { Digest } from '../../../core/image/digest.ts';
import { differingFields } from '../../../core/swarm/spec-changes.ts';
import type { ReadSpecs } from './engine-reads.ts';
import { type RawSpec, type SpecChange, specWithImage } from './engine-update.ts';

/** An update as it was posted, and the change that it should make. */
export type PostedUpdate = { readonly posted: RawSpec; readonly change: SpecChange };

/** Whether a spec has everything that our update certainly sets. */
const isOurs = (spec: RawSpec | null, { posted }: PostedUpdate): boolean => {
  if (spec === null) return false;
  const [task, ours] = [spec.TaskTemplate, posted.TaskTemplate];
  return (
    task.ContainerSpec.Image === ours.ContainerSpec.Image &&
    (task.ForceUpdate ?? 0) === (ours.ForceUpdate ?? 0)
  );
};

/**
 * Like {@link lostFields}, for an update of which only the digest is known: its answer was lost, perhaps together
 * with the process that sent it. Returns the differences between the two specs beyond what an update changes.
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

/** A spec without the fields that our update may change. */
const withoutUpdate = ({ TaskTemplate, ...spec }: RawSpec): object => {
  const { ContainerSpec, Placement, ForceUpdate: _, ...task } = TaskTemplate;
  const { Image: __, ...container } = ContainerSpec;
  const { Platforms: ___, ...placement } = Placement ?? {};
  return { ...spec, TaskTemplate: { ...task, ContainerSpec: container, Placement: placement } };
};

/**
 * The fields, by path, that an update changed by mistake: an engine clears those that are newer than the request's
 * API version. `now` and `before` are the service's specs shortly afterwards. Null if somebody has changed the
 * service since, so that the update's result is no longer visible.
 */
export const lostFields = (
  { now, before }: ReadSpecs,
  update: PostedUpdate,
): readonly string[] | null => {
  const { posted, change } = update;
  // Somebody has changed another field meanwhile: the update's result is the previous spec.
  const madeBefore = isOurs(before, update) ? differingFields(posted, before) : null;
  if (!isOurs(now, update)) return madeBefore;
  // Compare with the replaced spec as well: the posted one may come from an engine that did not know all fields.
  const wanted = before === null ? posted : specWithImage(before, change);
  const madeNow = [...new Set([...differingFields(posted, now), ...differingFields(wanted, now)])];
  // If the update brought the image that was already there, both specs have it. The more similar one is the result.
  return madeBefore !== null && madeBefore.length < madeNow.length ? madeBefore : madeNow;
};
