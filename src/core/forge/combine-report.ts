import type { DeploymentState } from '../contract/views.ts';
import { LONGEST_DESCRIPTION, type ReportPage, type ReportState } from './report.ts';

/**
 * `waiting`: the image waits at gates, and no deployment exists yet. `refused`: it waited, and a person rejected it or
 * its votes did not arrive in time.
 */
export type ReportedState = DeploymentState | 'waiting' | 'refused';

/** One deployment of a commit to an environment, or a service that waits for it, with the facts that forges get. */
export type ReportedDeployment = {
  /** Null if there is no deployment. */
  readonly id: string | null;
  readonly cluster: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly state: ReportedState;
  /** For a waiting image: its gates, in words. */
  readonly reason: string | null;
  /** The tags before and after, which differ if the service follows tags. */
  readonly fromTag: string;
  readonly toTag: string;
  /** The message of the failed task; null if unknown. */
  readonly failure: string | null;
  /** Version or commit that runs after a revert; null if it was not reverted. */
  readonly revertedTo: string | null;
  /** Commit of the deployment that superseded it; null if none did. */
  readonly supersededBy: string | null;
};

export type CombinedReport = {
  readonly state: ReportState;
  readonly description: string;
  /** The most informative page: of a failure, else of what is in progress, else of the newest. */
  readonly page: ReportPage;
  /** Report it only if something was reported before: nothing was deployed. */
  readonly isAfterthought: boolean;
};

const cut = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= LONGEST_DESCRIPTION ? line : `${line.slice(0, LONGEST_DESCRIPTION - 1)}…`;
};

const plural = (count: number): string => (count === 1 ? '1 service' : `${count} services`);

const describeFailure = ({
  serviceName,
  revertedTo,
  reason,
  failure,
}: ReportedDeployment): string => {
  const why = failure ?? reason ?? 'failed';
  return revertedTo === null
    ? `${serviceName}: ${why}`
    : `${serviceName} rolled back to ${revertedTo}: ${why}`;
};

const short = (commit: string): string =>
  /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 7) : commit;

/** `, v1.3.0 → v1.4.0` if all of them made the same move to another tag. */
const describeMove = (done: readonly ReportedDeployment[]): string => {
  const moves = new Set(
    done.map(({ fromTag, toTag }) => (fromTag === toTag ? '' : `, ${fromTag} → ${toTag}`)),
  );
  const [only = '', ...others] = moves;
  return others.length === 0 ? only : '';
};

const pageOf = ({ id, state, cluster, serviceName }: ReportedDeployment): ReportPage => {
  if (id !== null) return { kind: 'deployment', id };
  return state === 'waiting' ? { kind: 'waiting' } : { kind: 'service', cluster, serviceName };
};

const describeWaiting = (
  waiting: ReportedDeployment,
  done: readonly ReportedDeployment[],
  all: readonly ReportedDeployment[],
): string => {
  const why = `${waiting.serviceName} waits: ${waiting.reason ?? 'a gate is closed'}`;
  return done.length === 0 ? why : `${done.length} of ${plural(all.length)} deployed; ${why}`;
};

type Combined = Omit<CombinedReport, 'isAfterthought'>;

/** Failed, in progress or waiting; null if none is. */
const combineOpen = (
  newest: readonly ReportedDeployment[],
  of: (...states: readonly ReportedState[]) => readonly ReportedDeployment[],
): Combined | null => {
  const [failed] = of('failed', 'rolled-back');
  if (failed !== undefined) {
    return { state: 'failure', description: describeFailure(failed), page: pageOf(failed) };
  }
  const done = of('succeeded');
  const queued = of('queued');
  const [running = done.length > 0 ? queued[0] : undefined] = of('updating', 'verifying');
  if (running !== undefined) {
    const description = `${done.length} of ${plural(newest.length)} deployed`;
    return { state: 'in-progress', description, page: pageOf(running) };
  }
  const [next] = queued;
  if (next !== undefined) {
    const description = next.reason === null ? 'queued' : `waiting: ${next.reason}`;
    return { state: 'queued', description, page: pageOf(next) };
  }
  const [waiting] = of('waiting');
  if (waiting === undefined) return null;
  const description = describeWaiting(waiting, done, newest);
  return { state: 'queued', description, page: pageOf(waiting) };
};

const combine = (newest: readonly ReportedDeployment[]): Combined | null => {
  const of = (...states: readonly ReportedState[]): readonly ReportedDeployment[] =>
    newest.filter(({ state }) => states.includes(state));
  const open = combineOpen(newest, of);
  if (open !== null) return open;
  const [refused] = of('refused');
  if (refused !== undefined) {
    const description = `${refused.serviceName}: ${refused.reason ?? 'not approved'}`;
    return { state: 'superseded', description, page: pageOf(refused) };
  }
  const [superseded] = of('superseded');
  if (superseded !== undefined) {
    const by = superseded.supersededBy;
    const description = by === null ? 'superseded' : `superseded by ${short(by)}`;
    return { state: 'superseded', description, page: pageOf(superseded) };
  }
  const done = of('succeeded');
  const last = done.at(-1);
  if (last === undefined) return null;
  const description = `${plural(done.length)} verified${describeMove(done)}`;
  return { state: 'success', description, page: pageOf(last) };
};

/**
 * Combines all deployments of one commit to one environment. `deployments`, at least one, are in the order in which
 * they were queued or began to wait; the newest of each service counts. The first failure gives `failure`, the last
 * success gives `success`. A skipped deployment changed nothing, and counts only if nothing else does.
 */
export const combineReport = (
  deployments: readonly [ReportedDeployment, ...ReportedDeployment[]],
): CombinedReport => {
  const counted = deployments.filter(({ state }) => state !== 'skipped');
  const newest = [...new Map(counted.map((one) => [one.serviceId, one])).values()];
  const combined = combine(newest);
  if (combined !== null) {
    return { ...combined, description: cut(combined.description), isAfterthought: false };
  }
  // A service that was removed, or no longer waits, says nothing about the others.
  const skipped = deployments.filter(({ reason }) => reason !== 'no-longer-waiting');
  const last = skipped.at(-1) ?? deployments.at(-1) ?? deployments[0];
  const isCurrent = last.reason === 'already-current';
  return {
    state: isCurrent ? 'success' : 'superseded',
    description: cut(isCurrent ? 'ran it already' : `skipped: ${last.reason ?? 'nothing to do'}`),
    page: pageOf(last),
    isAfterthought: true,
  };
};
