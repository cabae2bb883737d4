import type { ImageUpdate, UpdateAnswer } from '../../core/swarm/cluster.ts';
import type { Service } from '../../core/swarm/service.ts';
import { findDeployment } from '../../store/deployments/deployments.ts';
import type { Run } from './run.ts';

/** With each decision so many updates are sent as fast as it goes. */
const TRIES_IN_TIME = 10;
/** Longer than any cluster's own deadline for an update, which tells better what happened. */
const SEND_TIMEOUT_MS = 100_000;

type Answered = { readonly answer: UpdateAnswer; readonly version: number };

/**
 * Sends the update, and where somebody else was faster, again on what the service is then, without a
 * pause between reading and sending: that is how one gets a word in with a service that is changed all
 * the time. It stops where what the decision rests on has changed. The intent on disk stays true
 * meanwhile, because its version is older than the one that is replaced, and its counter is the same. Null where
 * the cluster's lease does not allow it: then nothing was carried out.
 */
export const sendInTime = async (run: Run, update: ImageUpdate): Promise<Answered | null> => {
  const { cluster, db, lease } = run.deps;
  let { service } = update;
  for (let tries = 1; ; tries += 1) {
    // Neither a stop nor a newer push cuts an update off half-way: its answer is worth waiting for.
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

/** Sent once: after any change by somebody else another spec would be the one before. */
export const restoreOnce = async ({ deps }: Run, service: Service): Promise<Answered | null> => {
  const { restorePrevious, name } = deps.cluster;
  if (restorePrevious === undefined) throw new Error(`cluster ${name} cannot go back`);
  if (!(await deps.lease.mayAct())) return null;
  const answer = await restorePrevious(service, AbortSignal.timeout(SEND_TIMEOUT_MS));
  return { answer, version: service.version };
};

/** Whether nothing of what a decision to update rests on differs, but only what others look after. */
const isDecidedAlike = (before: Service, now: Service): boolean =>
  now.imageText === before.imageText &&
  now.forceUpdate === before.forceUpdate &&
  now.update?.state === before.update?.state &&
  ownLabels(now) === ownLabels(before);

const ownLabels = ({ labels }: Service): string =>
  JSON.stringify(Object.entries(labels).filter(([name]) => name.startsWith('cd-helper.')));
