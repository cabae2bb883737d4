import { parseDuration } from '../duration.ts';
import { problemOfGateLabel } from './gates/label-gates.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy.ts';
import type { Service } from '../swarm/service.ts';
import type { Exclusion } from '../verdict/verdict.ts';

/** Which services a cluster's configuration takes in when a service says nothing itself. */
export type Selection = 'all' | 'labelled';

const PREFIX = 'cd-helper.';
/** An address that people open: shown by forges, and never requested by us. */
const isWebAddress = (value: string): boolean => {
  if (value.length > 500 || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}` === '';
};

/** Whether a value is supported, or what is wrong with it. */
const SUPPORTED: Readonly<Record<string, (value: string) => boolean | string>> = {
  'cd-helper.enabled': (value) => value === 'true' || value === 'false',
  'cd-helper.rollback': (value) => value === 'auto' || value === 'off',
  'cd-helper.timeout': (value) => parseDuration(value) !== null,
  'cd-helper.jobs': (value) => value === 'true' || value === 'false',
  'cd-helper.track': (value) => {
    const parsed = parsePolicy(value);
    return parsed.ok || parsed.problem;
  },
  'cd-helper.url': isWebAddress,
  'cd-helper.min-age': (value) => problemOfGateLabel('cd-helper.min-age', value) ?? true,
  'cd-helper.window': (value) => problemOfGateLabel('cd-helper.window', value) ?? true,
  'cd-helper.approval': (value) => problemOfGateLabel('cd-helper.approval', value) ?? true,
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
    const answer = isValid?.(value) ?? false;
    if (answer === true) continue;
    return `${key}=${value}${answer === false ? '' : ` (${answer})`}`;
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

/** What the service says of the tags that it follows, right or wrong; null where it says nothing. */
export const trackLabel = ({ labels }: Pick<Service, 'labels'>): string | null =>
  labels['cd-helper.track'] ?? null;

/** Which tags the service follows; null where it stays on its own, also because the label is wrong. */
export const trackedBy = ({ labels }: Pick<Service, 'labels'>): Policy | null => {
  const label = trackLabel({ labels });
  const parsed = label === null ? null : parsePolicy(label);
  return parsed?.ok === true ? parsed.policy : null;
};

/** The deadline that the service asks for, in ms, or null where it leaves that to us. */
export const ownTimeout = (service: Labelled): number | null => {
  const text = service.labels['cd-helper.timeout'];
  return text === undefined ? null : parseDuration(text);
};

/** Where what the service runs is shown to people, or null where it does not say. */
export const shownAt = (service: Labelled): string | null => {
  const address = service.labels['cd-helper.url'];
  return address !== undefined && isWebAddress(address) ? address : null;
};
