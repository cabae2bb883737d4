import pLimit from 'p-limit';
import { ROLLED_BACK_MEANWHILE } from '../../core/rollout/also-held.ts';
import type { DeploymentView, ServiceView } from '../../core/contract/views.ts';
import type { RunView } from '../../core/contract/run-views.ts';
import type { ApiClient } from '../client/api-client.ts';
import { type Context, pollMsOf } from '../client/context.ts';
import { isFailure } from '../../core/story/deployment-states.ts';
import { isFinal } from '../../core/contract/final-state.ts';
import { EXIT } from '../terminal/exit-status.ts';
import { followDeployments } from './follow-deployments.ts';
import { createPatience } from './patience.ts';
import { pause } from './pause.ts';
import { checkedText } from '../output/progress.ts';
import { readList } from '../client/read-list.ts';
import { countServices, serviceLines } from '../show/service-table.ts';

const CONCURRENCY = 8;

const runPath = (id: string): string => `/api/v1/runs/${encodeURIComponent(id)}`;

const isOfRun = ({ triggers }: DeploymentView, run: RunView): boolean =>
  triggers.some((trigger) => 'run' in trigger && trigger.run === run.id);

/** The deployments of the run. One that was already waiting may be older than the run. */
const readDeployments = async (
  api: ApiClient,
  run: RunView,
  ended: Map<string, DeploymentView>,
): Promise<readonly DeploymentView[]> => {
  const since = await readList<DeploymentView>(api, '/api/v1/deployments', {
    since: run.startedAt,
  });
  const found = new Map(since.map((deployment) => [deployment.id, deployment]));
  const limit = pLimit(CONCURRENCY);
  const missing = run.services
    .filter(({ verdict }) => verdict !== 'current')
    .flatMap(({ deployment }) =>
      deployment === null || found.has(deployment) ? [] : [deployment],
    );
  await Promise.all(
    missing.map((id) =>
      limit(async () => {
        const known = ended.get(id);
        const path = `/api/v1/deployments/${encodeURIComponent(id)}`;
        found.set(id, known ?? (await api.get<DeploymentView>(path)));
      }),
    ),
  );
  for (const deployment of found.values()) {
    if (isFinal(deployment)) ended.set(deployment.id, deployment);
  }
  return [...found.values()].filter((deployment) => isOfRun(deployment, run));
};

/** Waits until the run has checked everything, and shows its progress. */
const waitUntilChecked = async (
  context: Context,
  api: ApiClient,
  started: RunView,
): Promise<RunView> => {
  const progress = context.progress();
  const patiently = createPatience(context);
  let run = started;
  try {
    while (run.state === 'queued' || run.state === 'checking') {
      progress.show(checkedText(run.progress));
      await pause(pollMsOf(context.deps), context.deps.signal);
      run = await patiently(() => api.get<RunView>(runPath(started.id)));
    }
    return run;
  } finally {
    progress.clear();
  }
};

/** Reasons for skipping a deployment because its digest is held. */
const HELD_SINCE: readonly string[] = ['held', ROLLED_BACK_MEANWHILE];

/** A deployment that was held after it was queued has not deployed what is published. */
const isBad = (deployment: DeploymentView): boolean =>
  isFailure(deployment) ||
  (deployment.state === 'skipped' && HELD_SINCE.includes(deployment.reason ?? ''));

/** Verdicts of a service that does not run what is published, and will not without a person. */
const FAILED: readonly string[] = ['held', 'diverged'];

/** Verdicts that leave open whether the service will run what is published. */
const NOT_TOLD: readonly string[] = ['unknown', 'updating', 'waiting'];

const statusOf = (run: RunView, deployments: readonly DeploymentView[]): number => {
  if (run.state === 'failed' || deployments.some(isBad)) return EXIT.failed;
  const deployed = new Set(deployments.map(({ cluster, service }) => `${cluster} ${service.id}`));
  const others = run.services.filter(({ cluster, id }) => !deployed.has(`${cluster} ${id}`));
  if (others.some(({ verdict }) => FAILED.includes(verdict))) return EXIT.failed;
  return others.some(({ verdict }) => NOT_TOLD.includes(verdict)) ? EXIT.unknown : EXIT.well;
};

const summary = (run: RunView, deployments: readonly DeploymentView[]): string => {
  const states = [...Map.groupBy(deployments, ({ state }) => state)].map(
    ([state, those]) => `${those.length} ${state}`,
  );
  const done = states.length === 0 ? 'nothing was redeployed' : `deployments: ${states.join(', ')}`;
  return `${countServices(run.services)}; ${done}`;
};

/** Whether a service is still as it was shown. */
const isAsShown = (service: ServiceView, shown: readonly ServiceView[]): boolean =>
  shown.some(
    ({ cluster, id, verdict, reason, published }) =>
      cluster === service.cluster &&
      id === service.id &&
      verdict === service.verdict &&
      reason === service.reason &&
      published === service.published,
  );

/**
 * Prints the progress of a run until all its deployments have ended, and returns the exit status. Services that have
 * not changed since they were last shown are not repeated.
 */
export const waitForRun = async (
  context: Context,
  started: RunView,
  shown: readonly ServiceView[] = [],
): Promise<number> => {
  const { deps, json, note, print, printJson } = context;
  const api = context.api();
  const ended = new Map<string, DeploymentView>();
  try {
    let run = await waitUntilChecked(context, api, started);
    const news = run.services.filter((service) => !isAsShown(service, shown));
    if (!json) print(...(news.length === 0 ? [] : serviceLines(context, news)), '');
    const deployments = await followDeployments(context, {
      read: () => readDeployments(api, run, ended),
      isComplete: async () => {
        run = await api.get<RunView>(runPath(run.id));
        return run.endedAt !== null;
      },
    });
    if (json) printJson({ ...run, deployments });
    else print(summary(run, deployments));
    if (run.reason !== null) note(run.reason);
    return statusOf(run, deployments);
  } catch (error) {
    if (deps.signal.aborted)
      note(`run ${started.id} continues in the background: cd-helper runs ${started.id} --wait`);
    throw error;
  }
};
