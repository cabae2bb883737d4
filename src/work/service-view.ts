import { imageWithTag } from '../core/image-reference.ts';
import type { Service, Task } from '../core/service.ts';
import { type Verdict, verdictDetail, verdictReason } from '../core/verdict.ts';
import type { ServiceView } from '../core/views.ts';

export type Shown = {
  readonly cluster: string;
  readonly service: Service;
  readonly tasks: readonly Task[] | null;
  readonly verdict: Verdict;
  /** The digest that was last seen published, also where the last look-up failed. */
  readonly published: string | null;
  /** When the registry was last asked, RFC 3339. */
  readonly checkedAt: string | null;
  readonly knownDigest: string | null;
  readonly deployment: string | null;
};

/** What the API shows of a service; what it was built from is told by its deployments. */
export const toServiceView = (shown: Shown): ServiceView => {
  const { service, verdict } = shown;
  return {
    cluster: shown.cluster,
    id: service.id,
    name: service.name,
    stack: service.stack,
    image: service.image.ok ? imageWithTag(service.image.image) : service.imageText,
    running: runningDigest(shown),
    published: shown.published,
    checkedAt: shown.checkedAt,
    ...told(verdict),
    mode: service.mode,
    replicas: replicasOf(shown),
    updatedAt: service.updatedAt,
    deployment: shown.deployment,
    build: null,
  };
};

/** The same service, which stands otherwise by now. */
export const withVerdict = (view: ServiceView, verdict: Verdict): ServiceView => {
  const { detail: _, ...rest } = view;
  return { ...rest, ...told(verdict) };
};

const told = (verdict: Verdict): Pick<ServiceView, 'verdict' | 'reason' | 'detail'> => {
  const detail = verdictDetail(verdict);
  return {
    verdict: verdict.verdict,
    reason: verdictReason(verdict),
    ...(detail === null ? {} : { detail }),
  };
};

const isUp = (task: Task): boolean => task.state === 'running';

/** What most of its tasks run; what the spec says where tasks are not told. */
const runningDigest = ({ service, tasks, knownDigest }: Shown): string | null =>
  mostRun(tasks ?? []) ?? (service.image.ok ? service.image.image.digest : null) ?? knownDigest;

const mostRun = (tasks: readonly Task[]): string | null => {
  const [first] = tasks;
  if (first === undefined) return null;
  if (tasks.length === 1) return isUp(first) ? first.digest : null;
  const running = Map.groupBy(tasks.filter(isUp), (task) => task.digest);
  return [...running].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? null;
};

const replicasOf = ({ service, tasks }: Shown): ServiceView['replicas'] => {
  if (tasks === null) return service.replicas;
  // The tasks of a job are not wanted to run but to end, so a global one has none here to count.
  const desired = service.specReplicas ?? (service.mode === 'global-job' ? null : tasks.length);
  return desired === null ? null : { running: tasks.filter(isUp).length, desired };
};
