import { parseDuration } from './duration.ts';
import type { Service } from './service.ts';
import type { Exclusion } from './verdict.ts';

/** Which services a cluster's configuration takes in when a service says nothing itself. */
export type Selection = 'all' | 'labelled';

const PREFIX = 'cd-helper.';
const SUPPORTED: Readonly<Record<string, (value: string) => boolean>> = {
  'cd-helper.enabled': (value) => value === 'true' || value === 'false',
  'cd-helper.rollback': (value) => value === 'auto' || value === 'off',
  'cd-helper.timeout': (value) => parseDuration(value) !== null,
  'cd-helper.jobs': (value) => value === 'true' || value === 'false',
};

type Labelled = Pick<Service, 'labels' | 'containerLabels' | 'mode' | 'autoredeploy'>;

/** Why the service is not ours to touch, or null where it is. */
export const exclusionOf = (service: Labelled, select: Selection): Exclusion | null => {
  const enabled = service.labels['cd-helper.enabled'];
  if (enabled === 'false') return 'label';
  // A value that is not understood says something too, and so does one in the wrong place: it holds the service.
  const isMeant = (service.containerLabels['cd-helper.enabled'] ?? 'false') !== 'false';
  if (enabled === undefined && !service.autoredeploy && !isMeant && select === 'labelled') {
    return 'not-labelled';
  }
  const isJob = service.mode === 'replicated-job' || service.mode === 'global-job';
  return isJob && service.labels['cd-helper.jobs'] !== 'true' ? 'job' : null;
};

/**
 * The first label under `cd-helper.` that asks for something not supported, as `key=value`: it must
 * hold the service rather than be ignored. So must one that stands on the container, as `labels` of a
 * stack file puts it, unless the service has one of that key, which counts.
 */
export const unsupportedLabel = (service: Labelled): string | null => {
  for (const [key, value] of Object.entries(service.labels)) {
    if (!key.startsWith(PREFIX)) continue;
    const isValid = SUPPORTED[key];
    if (isValid === undefined || !isValid(value)) return `${key}=${value}`;
  }
  for (const [key, value] of Object.entries(service.containerLabels)) {
    if (!key.startsWith(PREFIX) || Object.hasOwn(service.labels, key)) continue;
    return `${key}=${value} on the container instead of the service`;
  }
  return null;
};

/** Whether a failed update of this service may be taken back by us. */
export const mayTakeBack = (service: Labelled): boolean =>
  service.labels['cd-helper.rollback'] !== 'off';

/** The deadline that the service asks for, in ms, or null where it leaves that to us. */
export const ownTimeout = (service: Labelled): number | null => {
  const text = service.labels['cd-helper.timeout'];
  return text === undefined ? null : parseDuration(text);
};
