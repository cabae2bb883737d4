import { isAskedImage, shortImage } from '../core/asked-image.ts';
import { type Cluster, ClusterError } from '../core/cluster.ts';
import { matchesGlob } from '../core/glob.ts';
import { imageName, imageWithTag } from '../core/image-reference.ts';
import { cannotPull } from '../core/assess.ts';
import { type Selection, unsupportedLabel } from '../core/labels.ts';
import { plan, type Step } from '../core/plan.ts';
import type { LookUp } from '../core/published.ts';
import { isStackInScope } from '../core/scope.ts';
import type { Service } from '../core/service.ts';
import type { RunRequest, ServiceView } from '../core/views.ts';
import type { Db } from '../store/open-store.ts';
import { latestDeployments } from '../store/read-deployments.ts';
import { type CheckedService, checkServices, FOLLOWS_NONE } from './check-services.ts';
import { readMemory } from './memory.ts';
import type { Registries, TaggedImage } from './ports.ts';
import { showServices } from './show-services.ts';

export type CheckClusterDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: Pick<Registries, 'findDigest' | 'readManifest' | 'followsIndex'>;
  readonly db: Db;
  readonly now: () => number;
};

export type PlannedService = CheckedService & { readonly step: Step; readonly view: ServiceView };

/** Told while a check goes on: how many images there are to ask about, and how many have answered. */
export type OnProgress = (progress: { services: number; images: number; checked: number }) => void;

const CLUSTER_TIMEOUT_MS = 60_000;

const isSelective = ({ services, stacks, images }: RunRequest): boolean =>
  services.length > 0 || stacks.length > 0 || images.length > 0;

/** Whether a request selects a service: an empty list of patterns selects every one. */
export const isSelected = (service: Service, request: RunRequest): boolean => {
  const { scope = null } = request;
  if (scope !== null && !isStackInScope(scope, service.stack)) return false;
  // Thousands of services are asked, mostly for nothing in particular.
  if (!isSelective(request)) return true;
  const some = (patterns: readonly string[], texts: readonly string[]): boolean =>
    patterns.length === 0 ||
    patterns.some((pattern) => texts.some((text) => matchesGlob(pattern, text)));
  const named = service.image.ok
    ? [imageName(service.image.image), imageWithTag(service.image.image)]
    : [];
  const shorter = named.flatMap((text) => [text.replace(/^docker\.io\//, ''), shortImage(text)]);
  const images = [...named, ...shorter, service.imageText];
  const isAsked = (pattern: string): boolean => {
    const [, whole] = named;
    return whole !== undefined && isAskedImage(whole, pattern);
  };
  return (
    some(request.services, [service.name, service.id]) &&
    some(request.stacks, service.stack === null ? [] : [service.stack]) &&
    (some(request.images, images) || request.images.some(isAsked))
  );
};

/**
 * Checks the selected services of one cluster against their registries and plans what to deploy:
 * services and tasks read once, one look-up for each distinct image.
 */
export const checkCluster = async (
  deps: CheckClusterDeps,
  request: RunRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<PlannedService[]> => {
  const { cluster, db, select } = deps;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CLUSTER_TIMEOUT_MS)]);
  const [listed, tasks, memory, latest] = await Promise.all([
    cluster.listServices(limited),
    cluster.listRunningTasks(null, limited),
    readMemory(db, cluster.name, deps.now()),
    latestDeployments(db, cluster.name),
  ]).catch((error: unknown) => {
    if (signal.aborted || error instanceof ClusterError || !limited.aborted) throw error;
    const detail = `no answer within ${CLUSTER_TIMEOUT_MS / 1000} s`;
    throw new ClusterError(cluster.name, 'timed-out', detail, { retryable: true, cause: error });
  });
  const services = listed.filter((service) => isSelected(service, request));
  let images = 0;
  let checked = 0;
  const tell = (): void => onProgress({ services: services.length, images, checked });
  const lookUp = async (image: TaggedImage): Promise<LookUp> => {
    images += 1;
    const answer = await deps.registries.findDigest(image, signal);
    checked += 1;
    tell();
    return answer;
  };
  const { followsIndex = FOLLOWS_NONE } = deps.registries;
  const results = await checkServices(
    deps.registries,
    {
      services,
      tasks,
      select,
      memory,
      lookUp,
      deploysOci: cluster.capabilities.deploysOci,
      pins: request.pin,
      followsIndex,
    },
    signal,
  );
  tell();
  const at = new Date(deps.now()).toISOString();
  const views = await showServices(db, cluster.name, results, latest, ({ lookUp: answer }) => ({
    published: answer?.kind === 'published' ? answer.digest : null,
    checkedAt: answer === null ? null : at,
  }));
  // SmartRedeploy never hands over: what it could not check it leaves alone.
  return views.flatMap((view, index) => {
    const result = results[index];
    if (result === undefined) return [];
    const { lookUp: answer } = result;
    const isHeld =
      unsupportedLabel(result.service) !== null ||
      cannotPull({ lookUp: answer, deploysOci: cluster.capabilities.deploysOci }) !== null;
    const pin = request.pin && !isHeld;
    const policy = { pin, handOver: false };
    const step = plan(result.verdict, result.lookUp, policy, cluster.capabilities);
    return [{ ...result, view, step }];
  });
};
