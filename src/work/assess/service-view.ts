import { NOT_OBSERVED } from '../../core/health/health.ts';
import { trackLabel } from '../../core/policy/labels.ts';
import { imageWithTag } from '../../core/image/image-reference.ts';
import { type Service, specDigest, type Task } from '../../core/swarm/service.ts';
import { toGateView } from '../../core/policy/gates/gate-state.ts';
import {
  closedGates,
  type Verdict,
  verdictDetail,
  verdictReason,
} from '../../core/verdict/verdict.ts';
import type { ServiceView } from '../../core/contract/views.ts';

/** A service with its tasks and verdict. */
export type Judged = {
  readonly service: Service;
  readonly tasks: readonly Task[] | null;
  readonly verdict: Verdict;
};

/** What the store and the registries add to it. */
export type Told = Pick<
  ServiceView,
  'cluster' | 'running' | 'published' | 'checkedAt' | 'target' | 'deployment' | 'build'
>;

/** What the API shows of a service. */
export const toServiceView = (judged: Judged, told: Told): ServiceView => {
  const { service, verdict } = judged;
  const track = trackLabel(service);
  const view: ServiceView = {
    ...NOT_OBSERVED,
    cluster: told.cluster,
    id: service.id,
    name: service.name,
    stack: service.stack,
    image: service.image.ok ? imageWithTag(service.image.image) : service.imageText,
    running: told.running,
    published: told.published,
    checkedAt: told.checkedAt,
    target: told.target ?? null,
    verdict: verdict.verdict,
    reason: verdictReason(verdict),
    ...planOf(verdict),
    mode: service.mode,
    replicas: replicasOf(judged),
    updatedAt: service.updatedAt,
    deployment: told.deployment,
    build: told.build,
    ...(track === null ? {} : { track }),
  };
  return withDetail(view, verdict);
};

/** The same service with another verdict. */
export const withVerdict = (view: ServiceView, verdict: Verdict): ServiceView => {
  const { detail: _, ...rest } = view;
  const { verdict: name } = verdict;
  return withDetail(
    { ...rest, verdict: name, reason: verdictReason(verdict), ...planOf(verdict) },
    verdict,
  );
};

const planOf = (verdict: Verdict): Pick<ServiceView, 'plan' | 'gates'> => {
  const { verdict: name } = verdict;
  const plan = name === 'obsolete' ? 'deploy' : name === 'waiting' ? 'wait' : 'leave';
  return { plan, gates: closedGates(verdict).map(toGateView) };
};

const withDetail = (view: ServiceView, verdict: Verdict): ServiceView => {
  const tag = view.target?.tag;
  const isMove = tag !== undefined && !view.image.endsWith(`:${tag}`);
  const detail = verdictDetail(verdict, isMove ? tag : undefined);
  return detail === null ? view : { ...view, detail };
};

const isUp = (task: Task): boolean => task.state === 'running';

/** The digest that most of its tasks run, or the spec's digest if the cluster lists no tasks. */
export const runningDigest = ({
  service,
  tasks,
  knownDigest,
}: Omit<Judged, 'verdict'> & { readonly knownDigest: string | null }): string | null =>
  mostRun(tasks ?? []) ?? specDigest(service) ?? knownDigest;

const mostRun = (tasks: readonly Task[]): string | null => {
  const [first] = tasks;
  if (first === undefined) return null;
  if (tasks.length === 1) return isUp(first) ? first.digest : null;
  const running = Map.groupBy(tasks.filter(isUp), (task) => task.digest);
  return [...running].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? null;
};

const replicasOf = ({ service, tasks }: Judged): ServiceView['replicas'] => {
  if (tasks === null) return service.replicas;
  // Tasks of a job are meant to end, not to keep running, so a global job has no desired count here.
  const desired = service.specReplicas ?? (service.mode === 'global-job' ? null : tasks.length);
  return desired === null ? null : { running: tasks.filter(isUp).length, desired };
};
