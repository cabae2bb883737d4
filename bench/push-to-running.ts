import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../sandbox/machine/wait-until.ts';
import { good } from '../sandbox/image/sample.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { BURST_MS } from '../src/core/check/check-timing.ts';
import { dockerFor } from '../test/support/stage/docker.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { type BuiltHelper, startBuiltHelper } from './support/start-built-helper.ts';
import { median, quantile } from './support/quantile.ts';

const PUSHES = 20;
const WARM_UP = 2;
const REPLICAS = 2;
const GOAL = 1.1;
const POLL_MS = 10;
const RUNNING_WITHIN_MS = 60_000;
/** By design, a second webhook for a repository within this time waits for the end of a burst. */
const APART_MS = BURST_MS + 100;

/** One service for each side, each with its own repository. */
const BARE = 'bare';
const HELPER = 'helper';
const repositoryOf = (name: string): string => `bench/${name}`;

const createService = async (
  { engines: [{ services }], image, pushImage }: Sandbox,
  name: string,
) => {
  const repository = repositoryOf(name);
  const { digest } = await pushImage(repository, 'v1', good(`${name} first`));
  await services.deploy({ name, image: image(repository, 'v1', digest), replicas: REPLICAS });
};

/** Resolves when every desired task of the service runs, with this digest. */
const everyTaskRuns = async (
  { engines: [{ services }] }: Sandbox,
  name: string,
  digest: string,
): Promise<void> => {
  await waitUntil(
    async () => {
      const tasks = await services.tasks(name);
      const running = tasks.filter(({ Status }) => Status.State === 'running');
      const isNew = running.every(({ Spec }) => Spec.ContainerSpec.Image.endsWith(`@${digest}`));
      return running.length === REPLICAS && isNew ? true : null;
    },
    { what: `every task of ${name} runs ${digest}`, withinMs: RUNNING_WITHIN_MS, everyMs: POLL_MS },
  );
};

/** Pushes a new image, lets `update` deploy it to the service, and returns the time in ms. */
const timeOf = async (
  sandbox: Sandbox,
  name: string,
  version: string,
  update: (digest: string) => Promise<unknown>,
): Promise<number> => {
  const { digest } = await sandbox.pushImage(repositoryOf(name), 'v1', good(version));
  const began = performance.now();
  const [running] = await Promise.all([
    everyTaskRuns(sandbox, name, digest).then(() => performance.now()),
    update(digest),
  ]);
  // The engine still watches the new tasks. It would accept another update, but the two would overlap.
  await sandbox.engines[0].services.converged(name, { withinMs: RUNNING_WITHIN_MS });
  return running - began;
};

const measure = async (sandbox: Sandbox, helper: BuiltHelper) => {
  const docker = dockerFor(sandbox.engines[0]);
  const bare: number[] = [];
  const pushed: number[] = [];
  for (let push = -WARM_UP; push < PUSHES; push += 1) {
    const first = await timeOf(sandbox, BARE, `bare ${push}`, () => {
      const image = sandbox.image(repositoryOf(BARE), 'v1');
      return docker(['service', 'update', '--detach', '--image', image, BARE]);
    });
    const second = await timeOf(sandbox, HELPER, `helper ${push}`, async (digest) => {
      const ended = helper.line(
        (line) => line['msg'] === 'deployment succeeded' && line['digest'] === digest,
      );
      await helper.hook({ image: sandbox.image(repositoryOf(HELPER), 'v1'), digest });
      await ended;
      helper.forgetLines();
    });
    await delay(APART_MS);
    if (push < 0) continue;
    bare.push(first);
    pushed.push(second);
  }
  return { bare, pushed };
};

/** From the push until every task runs the image, compared with a docker command at the moment of the push. */
export const pushToRunning: Benchmark = {
  name: 'push-to-running',
  about: 'from the push until every task runs it, beside `docker service update --image`',
  run: async ({ tell, signal }) => {
    const sandbox = await startSandbox({ tell, signal });
    try {
      for (const name of [BARE, HELPER]) await createService(sandbox, name);
      const engineUrl = sandbox.engines[0].url;
      const helper = await startBuiltHelper({ engineUrl, registries: [sandbox.registry.host] });
      try {
        tell(`${WARM_UP + PUSHES} pushes each way, one after another`);
        const { bare, pushed } = await measure(sandbox, helper);
        return {
          benchmark: pushToRunning.name,
          figures: [
            figure({
              what: 'push until every task runs it, median',
              unit: 'ms',
              floor: median(bare),
              helper: median(pushed),
              goal: GOAL,
            }),
            figure({
              what: 'push until every task runs it, p90',
              unit: 'ms',
              floor: quantile(bare, 0.9),
              helper: quantile(pushed, 0.9),
            }),
          ],
          facts: { pushes: PUSHES, replicas: REPLICAS },
        };
      } finally {
        await helper.stop();
      }
    } finally {
      await sandbox.stop();
    }
  },
};
