import { isAskedImage, shortImage } from '../../core/image/asked-image.ts';
import type { Cluster } from '../../core/swarm/cluster.ts';
import { matchesGlob } from '../../core/glob.ts';
import { imageName, imageWithTag } from '../../core/image/image-reference.ts';
import { cannotPull } from '../../core/verdict/assess.ts';
import { type Selection, unsupportedLabel } from '../../core/policy/labels.ts';
import { plan, type Step } from '../../core/verdict/plan.ts';
import type { Lookup } from '../../core/image/published.ts';
import { isStackInScope } from '../../core/contract/scope.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { RunRequest } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import type { Db } from '../../store/query/db.ts';
import { latestDeployments } from '../../store/deployments/read-deployments.ts';
import { type CheckedService, checkServices } from '../assess/check-services.ts';
import { answerInTime } from '../cluster/answer-in-time.ts';
import { findStuck } from '../cluster/find-stuck.ts';
import type { Gating } from '../gates/gating.ts';
import { createHasImage } from '../gates/has-image.ts';
import { withGates } from './with-gates.ts';
import type { StuckUpdates } from '../cluster/stuck-updates.ts';
import { readMemory } from '../assess/memory.ts';
import type { ListTags } from '../lookups/answers.ts';
import type { AskedRegistries, TaggedImage } from '../../core/contract/registries.ts';
import { withVerdict } from '../assess/service-view.ts';
import { showServices } from '../assess/show-services.ts';
import { trackForRun } from '../track/track-run.ts';

export type CheckClusterDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: AskedRegistries;
  readonly db: Db;
  readonly now: () => number;
  /** Finds stuck updates by others, which give way to what is published. Without it, none does. */
  readonly stuck?: StuckUpdates;
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
  /**
   * Lists tags: services that follow tags are compared with the newest. Without it, they are compared with their own
   * tag.
   */
  readonly listTags?: ListTags;
};

export type PlannedService = CheckedService & { readonly step: Step; readonly view: ServiceView };

/** Called while a check runs, with the number of images to look up and of those that have answered. */
export type OnProgress = (progress: { services: number; images: number; checked: number }) => void;

const CLUSTER_TIMEOUT_MS = 60_000;
const NONE_STUCK: ReadonlySet<string> = new Set();

const isSelective = ({ services, stacks, images }: RunRequest): boolean =>
  services.length > 0 || stacks.length > 0 || images.length > 0;

/** Whether a request selects a service: an empty list of patterns selects every one. */
export const isSelected = (service: Service, request: RunRequest): boolean => {
  const { scope = null } = request;
  if (scope !== null && !isStackInScope(scope, service.stack)) return false;
  // A fast path: most requests select everything, and a cluster may have thousands of services.
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
 * Checks the selected services of one cluster against their registries and plans what to deploy. Services and tasks
 * are read once, and each distinct image is looked up once.
 */
export const checkCluster = async (
  deps: CheckClusterDeps,
  request: RunRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<PlannedService[]> => {
  const { cluster, db, select } = deps;
  const inTime = <T>(ask: (limited: AbortSignal) => Promise<T>): Promise<T> =>
    answerInTime(cluster, CLUSTER_TIMEOUT_MS, signal, ask);
  const [listed, tasks, remembered, latest] = await inTime((limited) =>
    Promise.all([
      cluster.listServices(limited),
      cluster.listRunningTasks(null, limited),
      readMemory(db, deps, deps.now(), limited),
      latestDeployments(db, cluster.name),
    ]),
  );
  const services = listed.filter((service) => isSelected(service, request));
  const { stuck: updates } = deps;
  const stuck =
    updates === undefined
      ? NONE_STUCK
      : await inTime((limited) =>
          findStuck({ cluster, stuck: updates }, remembered, services, limited),
        );
  const tracked = await trackForRun(deps, services, signal);
  const memory = {
    ...remembered,
    isStuck: ({ id }: Service) => stuck.has(id),
    hold: tracked.withPutBack(remembered.hold),
    digestHold: tracked.withPutBack(remembered.digestHold),
  };
  let images = 0;
  let checked = 0;
  const tell = (): void => onProgress({ services: services.length, images, checked });
  const lookup = async (image: TaggedImage): Promise<Lookup> => {
    images += 1;
    const answer = await deps.registries.findDigest(image, signal);
    checked += 1;
    tell();
    return answer;
  };
  const hasImage = createHasImage(deps);
  const check = (
    some: readonly Service[],
    targets: ReadonlyMap<string, TaggedImage>,
  ): Promise<readonly CheckedService[]> =>
    checkServices(
      deps.registries,
      {
        services: some,
        tasks,
        select,
        memory,
        lookup,
        deploysOci: cluster.capabilities.deploysOci,
        pins: request.pin,
        followsIndex: deps.registries.followsIndex,
        targets,
        hasImage,
      },
      signal,
    );
  const results = await tracked.insteadOfHeld(await check(services, tracked.targets), check);
  tell();
  const at = new Date(deps.now()).toISOString();
  const views = await showServices(
    { db, cluster: cluster.name },
    results,
    latest,
    ({ lookup: answer }) => ({
      published: answer?.kind === 'published' ? answer.digest : null,
      checkedAt: answer === null ? null : at,
    }),
  );
  // SmartRedeploy never lets the cluster decide: it leaves alone what it could not check.
  return views.flatMap((view, index) => {
    const result = results[index];
    if (result === undefined) return [];
    const { lookup: answer } = result;
    const isHeld =
      unsupportedLabel(result.service) !== null ||
      cannotPull({ lookup: answer, deploysOci: cluster.capabilities.deploysOci }) !== null ||
      (answer?.kind === 'published' && memory.fitHold(result.service, answer.digest) !== null);
    const pin = request.pin && !isHeld;
    const policy = { pin, handOver: false };
    const planned = plan(result.verdict, result.lookup, policy, cluster.capabilities);
    const { step, verdict } = withGates(memory.gates, result, planned);
    const tracking = tracked.trackingOf({ ...result, verdict });
    const shown = withVerdict(view, verdict);
    return [{ ...result, verdict, view: tracking === null ? shown : { ...shown, tracking }, step }];
  });
};
