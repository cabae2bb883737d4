import { hash } from 'node:crypto';
import { parseImageReference } from '../../../core/image/image-reference.ts';
import type { Service, UpdatePolicy } from '../../../core/swarm/service.ts';
import { isUpdateState } from '../engine/engine-service.ts';
import { canonicalJson } from '../engine/spec-fingerprint.ts';
import type { SwarmpitService } from './answers.ts';
import { modeOf } from './task.ts';

/** Fields that people set and Swarmpit reports. An update of the image or a task does not change them. */
const SET_BY_PEOPLE = [
  'serviceName',
  'mode',
  'stack',
  'replicas',
  'ports',
  'mounts',
  'secrets',
  'configs',
  'hosts',
  'variables',
  'labels',
  'containerLabels',
  'command',
  'entrypoint',
  'user',
  'dir',
  'tty',
  'healthcheck',
  'logdriver',
  'resources',
] as const;

const fingerprintOf = (raw: Readonly<Record<string, unknown>>): string => {
  const deployment = (raw['deployment'] ?? {}) as Record<string, unknown>;
  const { forceUpdate: _force, rollbackAllowed: _allowed, ...rest } = deployment;
  const set = Object.fromEntries(SET_BY_PEOPLE.map((key) => [key, raw[key] ?? null]));
  return hash('sha256', canonicalJson({ ...set, deployment: rest }));
};

/** The image as the spec has it: Swarmpit reports the digest apart from the rest. */
const imageTextOf = ({ repository: { image, imageDigest } }: SwarmpitService): string => {
  const text = image ?? '';
  return imageDigest && !text.includes('@') ? `${text}@${imageDigest}` : text;
};

/** If Swarmpit gives no time. */
const LONG_AGO = new Date(0).toISOString();

const labelsOf = (told: SwarmpitService['labels']): Service['labels'] =>
  Object.fromEntries((told ?? []).map(({ name, value }) => [name, value ?? '']));

/** The engine's defaults if the spec has none. */
const CHECK_SECONDS = 30;
const CHECK_RETRIES = 3;

/** Time until a container that never passes its health check is unhealthy. The start period is not reported. */
const healthGrace = ({ healthcheck: check }: SwarmpitService): number => {
  if (!check || check.test?.[0] === 'NONE') return 0;
  const each = (check.interval || CHECK_SECONDS) + (check.timeout || CHECK_SECONDS);
  return each * (check.retries || CHECK_RETRIES) * 1000;
};

const policyOf = ({ deployment }: SwarmpitService): UpdatePolicy | null => {
  const told = deployment?.update;
  if (!told) return null;
  const { parallelism, delay, order, failureAction } = told;
  return { parallelism, delayMs: delay * 1000, monitorMs: null, order, failureAction };
};

/**
 * The service in the form shared by all kinds of clusters. Swarmpit reports neither the monitor period nor the number
 * of tasks of a job, and leaves out labels that begin with `swarmpit` or `com.docker`.
 */
export const toSwarmpitService = (
  read: SwarmpitService,
  raw: Readonly<Record<string, unknown>>,
): Service => {
  const imageText = imageTextOf(read);
  const mode = modeOf(read.mode);
  // For a job, Swarmpit counts every task ever created, and none as running.
  const isCounted = mode === 'replicated' || mode === 'global';
  const { tasks, update, message } = read.status ?? {};
  const autoredeploy = read.deployment?.autoredeploy;
  return {
    id: read.id,
    name: read.serviceName,
    stack: read.stack ?? null,
    mode,
    imageText,
    image: parseImageReference(imageText),
    version: read.version,
    forceUpdate: read.deployment?.forceUpdate ?? 0,
    labels: labelsOf(read.labels),
    containerLabels: labelsOf(read.containerLabels),
    autoredeploy: autoredeploy === true || autoredeploy === 'true',
    specReplicas: null,
    replicas:
      tasks && isCounted ? { running: tasks.running ?? 0, desired: tasks.total ?? 0 } : null,
    update:
      update && isUpdateState(update)
        ? { state: update, message: message ?? '', startedAt: null, rolledBackBy: null }
        : null,
    updatePolicy: policyOf(read),
    healthGraceMs: healthGrace(read),
    platforms: [],
    constraints: [],
    specFingerprint: () => fingerprintOf(raw),
    hasPrevious: read.deployment?.rollbackAllowed ?? null,
    createdAt: read.createdAt ?? LONG_AGO,
    updatedAt: read.updatedAt ?? LONG_AGO,
  };
};
