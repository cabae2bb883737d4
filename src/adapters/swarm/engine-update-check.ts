import { differingFields } from '../../core/spec-changes.ts';
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
  if (isOurs(before, update)) return differingFields(posted, before);
  if (!isOurs(now, update)) return null;
  // What it replaced is asked as well: it may have been read from an engine that did not know all of it.
  const wanted = before === null ? posted : specWithImage(before, change);
  return [...new Set([...differingFields(posted, now), ...differingFields(wanted, now)])];
};
