import { parseDuration } from '../duration.ts';
import { problemOfGateLabel } from './gates/label-gates.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy.ts';
import type { Service } from '../swarm/service.ts';
import type { Exclusion } from '../verdict/verdict.ts';

/** Which services a cluster's configuration includes if a service has no label of its own. */
export type Selection = 'all' | 'labelled';

const PREFIX = 'cd-helper.';
/** A web address for people: forges show it, and the helper never requests it. */
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

/** Why the helper must not touch the service, or null if it may. */
export const exclusionOf = (service: Labelled, select: Selection): Exclusion | null => {
  const enabled = service.labels['cd-helper.enabled'];
  if (enabled === 'false') return 'label';
  // An invalid value is a statement too, and so is one in the wrong place: it holds the service.
  const isMeant = (service.containerLabels['cd-helper.enabled'] ?? 'false') !== 'false';
  if (enabled === undefined && !service.autoredeploy && !isMeant && select === 'labelled') {
    return 'not-labelled';
  }
  const isJob = service.mode === 'replicated-job' || service.mode === 'global-job';
  return isJob && service.labels['cd-helper.jobs'] !== 'true' ? 'job' : null;
};

/**
 * The first label under `cd-helper.` that asks for something unsupported, as `key=value`. It holds the service rather
 * than being ignored. So does one on the container, where `labels` of a stack file outside `deploy` puts it, unless the
 * service has a label of the same key, which wins.
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

/** Whether the helper may revert a failed update of this service. */
export const mayRevert = (service: Labelled): boolean =>
  service.labels['cd-helper.rollback'] !== 'off';

/** The service's label for the tags that it follows, valid or not; null if it has none. */
export const trackLabel = ({ labels }: Pick<Service, 'labels'>): string | null =>
  labels['cd-helper.track'] ?? null;

/** Which tags the service follows; null if it stays on its own, or if the label is invalid. */
export const trackedBy = ({ labels }: Pick<Service, 'labels'>): Policy | null => {
  const label = trackLabel({ labels });
  const parsed = label === null ? null : parsePolicy(label);
  return parsed?.ok === true ? parsed.policy : null;
};

/** The deadline that the service asks for, in ms, or null to use the helper's. */
export const ownTimeout = (service: Labelled): number | null => {
  const text = service.labels['cd-helper.timeout'];
  return text === undefined ? null : parseDuration(text);
};

/** The address where people see what the service runs, or null if no label names it. */
export const shownAt = (service: Labelled): string | null => {
  const address = service.labels['cd-helper.url'];
  return address !== undefined && isWebAddress(address) ? address : null;
};
