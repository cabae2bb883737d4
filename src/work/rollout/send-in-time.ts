import type { ImageUpdate, UpdateAnswer } from '../../core/swarm/cluster.ts';
import type { Service } from '../../core/swarm/service.ts';
import { findDeployment } from '../../store/deployments/deployments.ts';
import type { Run } from './run.ts';

/** Updates sent in a row, without a pause, for one decision. */
const TRIES_IN_TIME = 10;
/** Longer than any cluster's own deadline for an update, which reports more precisely what happened. */
const SEND_TIMEOUT_MS = 100_000;

type Answered = { readonly answer: UpdateAnswer; readonly version: number };

/**
 * Sends the update. If somebody else changed the service in between, sends it again on the new version, with no pause
 * between reading and sending: that is the only way to update a service that changes all the time. Stops if the basis
 * of the decision has changed. The stored intent stays true meanwhile: its version is older than the one replaced,
 * and its counter is the same. Null if the cluster's lease does not allow the send: then nothing was carried out.
 */
export const sendInTime = async (run: Run, update: ImageUpdate): Promise<Answered | null> => {
  const { cluster, db, lease } = run.deps;
  let { service } = update;
  for (let tries = 1; ; tries += 1) {
    // Neither a stop nor a newer push interrupts an update: its answer is worth waiting for.
    const limit = AbortSignal.timeout(SEND_TIMEOUT_MS);
    if (!(await lease.mayAct())) return null;
    const answer = await cluster.updateImage({ ...update, service }, limit);
    const { version } = service;
    const isOver =
      answer.kind !== 'out-of-sequence' || tries >= TRIES_IN_TIME || run.signal.aborted;
    if (isOver || (await findDeployment(db, run.deployment.id))?.endedAt !== null) {
      return { answer, version };
    }
    const seen = await cluster.observe(service.id, limit);
    if (seen === null || !isDecidedAlike(service, seen.service)) return { answer, version };
    ({ service } = seen);
  }
};

/** Sent once: after a change by somebody else, the previous spec would be another one. */
export const restoreOnce = async ({ deps }: Run, service: Service): Promise<Answered | null> => {
  const { restorePrevious, name } = deps.cluster;
  if (restorePrevious === undefined) throw new Error(`cluster ${name} cannot go back`);
  if (!(await deps.lease.mayAct())) return null;
  const answer = await restorePrevious(service, AbortSignal.timeout(SEND_TIMEOUT_MS));
  return { answer, version: service.version };
};

/** Whether everything that the update was decided on is still the same. Other fields may differ. */
const isDecidedAlike = (before: Service, now: Service): boolean =>
  now.imageText === before.imageText &&
  now.forceUpdate === before.forceUpdate &&
  now.update?.state === before.update?.state &&
  ownLabels(now) === ownLabels(before);

const ownLabels = ({ labels }: Service): string =>
  JSON.stringify(Object.entries(labels).filter(([name]) => name.startsWith('cd-helper.')));
