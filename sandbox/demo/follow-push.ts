import { type Digest, shortDigest } from '../../src/core/image/digest.ts';
import type { DeliveryView } from '../../src/core/contract/delivery-views.ts';
import type { DeploymentView, Page, StepView } from '../../src/core/contract/views.ts';
import { waitUntil } from '../machine/wait-until.ts';
import type { Account } from './account.ts';
import type { Helper } from './helper.ts';

export type FollowedPush = {
  readonly image: string;
  readonly digest: Digest;
  /** When the push was made, ms since the epoch. */
  readonly at: number;
  /** The services that use the image, and so must be deployed. */
  readonly services: readonly string[];
};

const FOLLOW_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 100;
const OPEN = new Set(['queued', 'updating', 'verifying']);
/** The clocks in the registry's and the helper's records have whole milliseconds. */
const TOLERANCE_MS = 2;

const short = (digest: string | null): string =>
  digest === null ? 'unknown' : shortDigest(digest);

type Line = readonly [at: string, what: string, detail: string, mood?: 'well' | 'badly'];

const text = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const stepLine = (deployment: DeploymentView, { at, step, detail }: StepView): Line => {
  const { name } = deployment.service;
  switch (step) {
    case 'queued':
      return [
        at,
        'service affected',
        `${name}: ${short(deployment.from)} → ${short(deployment.to)}, ${deployment.cause}`,
      ];
    case 'update-sent':
      return [at, 'update accepted', `${name}: the Swarm took the update`];
    case 'progress': {
      const trouble = detail['trouble'] === null ? '' : `, ${text(detail['trouble'])}`;
      const back = detail['rollingBack'] === true ? ', rolling back' : '';
      const counts = `${text(detail['running'])} of ${text(detail['desired'])} tasks`;
      return [at, 'tasks', `${name}: ${counts} run ${short(deployment.to)}${back}${trouble}`];
    }
    case 'succeeded':
      return [at, 'verified', `${name}: all its tasks run ${short(deployment.to)}`, 'well'];
    case 'failed':
    case 'rolled-back':
    case 'superseded':
    case 'skipped': {
      const why = deployment.failure?.message ?? deployment.reason ?? 'no reason given';
      return [at, step, `${name}: ${why}`, 'badly'];
    }
    default: {
      const details = Object.entries(detail).map(([key, value]) => `${key} ${text(value)}`);
      return [at, step.replaceAll('-', ' '), [name, ...details].join(', ')];
    }
  }
};

/**
 * Shows what the helper's API reports about a push until the deployment of each service has ended, and returns those
 * deployments. Throws after two minutes, with the last state of the push.
 */
export const followPush = async (
  helper: Helper,
  account: Account,
  push: FollowedPush,
  signal: AbortSignal,
): Promise<readonly DeploymentView[]> => {
  const since = push.at - TOLERANCE_MS;
  const told = new Set<string>();
  let heard: DeliveryView | undefined;

  const list = async <T>(path: string): Promise<readonly T[]> =>
    (await helper.ask<Page<T>>('GET', path))?.items ?? [];

  const look = async (): Promise<readonly DeploymentView[] | null> => {
    const lines: Line[] = [];
    const deliveries = await list<DeliveryView>('/api/v1/deliveries?limit=20');
    const found = deliveries.find(
      ({ receivedAt, pushes }) =>
        Date.parse(receivedAt) >= since && pushes.some(({ image }) => image === push.image),
    );
    if (heard === undefined && found !== undefined) {
      const { receivedAt, sender, id, status } = found;
      lines.push([
        receivedAt,
        'hook received',
        `from ${sender}, answered ${status}, delivery ${id}`,
      ]);
    }
    heard = found;
    const deployments = (await list<DeploymentView>('/api/v1/deployments?limit=50')).filter(
      ({ to, queuedAt }) => to === push.digest && Date.parse(queuedAt) >= since,
    );
    for (const deployment of deployments) {
      for (const [index, step] of deployment.steps.entries()) {
        const key = `${deployment.id} ${index}`;
        if (!told.has(key)) lines.push(stepLine(deployment, step));
        told.add(key);
      }
    }
    for (const [at, ...rest] of lines.toSorted(([a], [b]) => Date.parse(a) - Date.parse(b))) {
      account.event(Date.parse(at) - push.at, ...rest);
    }
    const ended = deployments.filter(({ state }) => !OPEN.has(state));
    const waited = push.services.every((name) =>
      ended.some(({ service }) => service.name === name),
    );
    return waited && heard !== undefined ? ended : null;
  };

  try {
    return await waitUntil(look, {
      what: 'every service of the push is deployed',
      withinMs: FOLLOW_WITHIN_MS,
      everyMs: LOOK_EVERY_MS,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    const became =
      heard === undefined
        ? 'the helper lists no delivery of the push'
        : heard.pushes.flatMap(({ results }) =>
            results.map(({ state, outcome, detail }) => `push ${state}, ${outcome}, ${detail}`),
          );
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}; ${[became].flat().join('; ')}`, { cause: error });
  }
};
