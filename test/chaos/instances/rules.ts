import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { ENDED } from '../../support/work/work-bench.ts';
import type { AuditedUpdate } from '../engine-proxy.ts';
import type { Stage } from './stage.ts';
import type { Trio } from './trio.ts';

/** A push that a helper confirmed. */
export type Accepted = {
  readonly delivery: string;
  readonly name: string;
  readonly digest: string;
};

export type Judged = {
  readonly trio: Trio;
  readonly stage: Stage;
  /** The updates that the engine accepted, in order, as the proxies in front of it saw them. */
  readonly updates: () => readonly AuditedUpdate[];
  readonly accepted: readonly Accepted[];
  /** Digests of each service's tag, oldest first. The first one was there at the beginning. */
  readonly pushed: ReadonlyMap<string, readonly string[]>;
  readonly replicas: number;
  readonly behindSwarmpit: boolean;
  readonly signal: AbortSignal | undefined;
  /** Everything must be quiet after this time. */
  readonly withinMs: number;
};

/** Allowed behind Swarmpit, which looks up the tag itself and may find a newer push. An engine receives the digest. */
const TAG_MOVED = 'other-digest';

const digestOf = (image: string): string => image.slice(image.indexOf('@') + 1);

/** Waits until nothing is left to do. Returns one line for each rule that is then broken. */
export const brokenRules = async (judged: Judged): Promise<readonly string[]> => {
  const [{ helper } = never()] = judged.trio.members;
  const whatIsOpen = async (): Promise<readonly string[]> => {
    const deployments = await helper().deployments();
    const deliveries = await helper().deliveries();
    const running = await Promise.all(
      [...judged.pushed].map(async ([name, digests]) => ({
        name,
        newest: digests.at(-1),
        digests: await judged.stage.running(name),
      })),
    );
    return [
      ...deployments.flatMap(({ id, state }) => (ENDED.includes(state) ? [] : [`${id} ${state}`])),
      ...deliveries.flatMap(({ id, pushes }) =>
        pushes.some(({ results }) => results.some(({ state }) => state !== 'done')) ? [id] : [],
      ),
      ...running.flatMap(({ name, newest, digests }) =>
        digests.length === judged.replicas && digests.every((digest) => digest === newest)
          ? []
          : [`${name} does not run ${newest}`],
      ),
    ];
  };
  try {
    await waitUntil(
      async () => {
        const open = await whatIsOpen();
        if (open.length > 0) throw new Error(open.join(', '));
      },
      {
        what: 'nothing is left to do',
        withinMs: judged.withinMs,
        everyMs: 200,
        signal: judged.signal,
      },
    );
  } catch (error) {
    judged.signal?.throwIfAborted();
    const { cause } = error as { cause?: unknown };
    return [`it does not come to rest: ${String(cause ?? error)}`];
  }
  return [
    ...(await lostDeliveries(judged)),
    ...repeatedUpdates(judged),
    ...(await needlessTasks(judged)),
    ...(await badEnds(judged)),
  ];
};

const never = (): never => {
  throw new Error('there is no helper');
};

const lostDeliveries = async ({ trio, accepted }: Judged): Promise<readonly string[]> => {
  const broken: string[] = [];
  for (const { index, helper } of trio.members) {
    const history = new Map((await helper().deliveries()).map((one) => [one.id, one]));
    for (const { delivery, name } of accepted) {
      const results = history.get(delivery)?.pushes.flatMap((push) => push.results);
      if (results === undefined) broken.push(`helper ${index} has no delivery ${delivery}`);
      else if (results.length !== 1 || results[0]?.outcome === null)
        broken.push(`helper ${index} has no outcome of ${delivery} of ${name}`);
    }
  }
  return broken;
};

/** Each pushed digest is new, so an update to an earlier digest is one too many. */
const repeatedUpdates = ({ stage, updates, pushed }: Judged): readonly string[] => {
  const broken: string[] = [];
  for (const [name, digests] of pushed) {
    const sent = updates().filter((one) => one.name === name);
    const order = sent.map(({ image }) => digests.indexOf(digestOf(image)));
    if (order.some((place, at) => place <= (order[at - 1] ?? 0)))
      broken.push(`${name} was updated to ${order.join(', ')}, in this order`);
  }
  const ownCount = stage.updates?.();
  if (ownCount !== undefined && ownCount !== updates().length)
    broken.push(`the proxies saw ${updates().length} updates, the engine ${ownCount}`);
  return broken;
};

/** A new digest is started once in each slot. */
const needlessTasks = async (judged: Judged): Promise<readonly string[]> => {
  const { stage, updates, pushed, replicas } = judged;
  const broken: string[] = [];
  for (const [name, [first = '']] of pushed) {
    const sent = updates().filter((one) => one.name === name);
    const wanted = new Set([first, ...sent.map(({ image }) => digestOf(image))]);
    const made = Map.groupBy(await stage.tasksMade(name), ({ image }) => digestOf(image));
    for (const [digest, tasks] of made) {
      if (!wanted.has(digest)) broken.push(`${name} has tasks of ${digest}, which nobody sent`);
      if (tasks.length > replicas) broken.push(`${name} has ${tasks.length} tasks of ${digest}`);
    }
  }
  return broken;
};

const badEnds = async ({ trio, behindSwarmpit }: Judged): Promise<readonly string[]> => {
  const [{ helper } = never()] = trio.members;
  const deployments = await helper().deployments();
  const targets = deployments
    .filter(({ state }) => state === 'succeeded')
    .map(({ service, to }) => `${service.name} ${to}`);
  return [
    ...deployments.flatMap(({ id, state, reason }) =>
      (state === 'failed' || state === 'rolled-back') && !(behindSwarmpit && reason === TAG_MOVED)
        ? [`${id} ${state} (${reason})`]
        : [],
    ),
    ...(new Set(targets).size === targets.length ? [] : ['a digest was deployed twice']),
  ];
};
