import { setTimeout as delay } from 'node:timers/promises';
import { good } from '../sandbox/image/sample.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { BURST_MS } from '../src/core/check/check-timing.ts';
import type { DeploymentView } from '../src/core/contract/views.ts';
import type { Benchmark } from './benchmark.ts';
import { createRedeployer, type Redeployer } from './floor/redeployer.ts';
import { figure } from './report.ts';
import { type BuiltHelper, startBuiltHelper } from './support/start-built-helper.ts';
import { median, quantile } from './support/quantile.ts';

const SERVICES = 100;
const PUSHES = 200;
/**
 * Not measured: both sides compile their code and open their connections, and the helper checks each repository once.
 */
const WARM_UP = SERVICES / 2;
const GOAL = 2;
const CREATED_AT_ONCE = 8;

const repositoryOf = (index: number): string => `bench/app-${index}`;
const nameOf = (index: number): string => `app-${index}`;

/** One service per repository, so that no push belongs to another's burst. */
const createServices = async ({ engines, image, pushImage }: Sandbox): Promise<void> => {
  const [{ services }] = engines;
  const create = async (index: number): Promise<void> => {
    const repository = repositoryOf(index);
    const { digest } = await pushImage(repository, 'v1', good(`${index} first`));
    const pinned = image(repository, 'v1', digest);
    await services.create({ name: nameOf(index), image: pinned, replicas: 0 });
  };
  for (let begun = 0; begun < SERVICES; begun += CREATED_AT_ONCE) {
    const some = Array.from({ length: CREATED_AT_ONCE }, (_, index) => begun + index);
    await Promise.all(some.filter((index) => index < SERVICES).map(create));
  }
};

/** ms since the epoch, more precise than `Date.now`. */
const now = (): number => performance.timeOrigin + performance.now();

type Push = { readonly service: string; readonly digest: string; readonly tookMs: number };

const pushBare = async (sandbox: Sandbox, floor: Redeployer, index: number, version: string) => {
  const repository = repositoryOf(index);
  const { digest } = await sandbox.pushImage(repository, 'v1', good(version));
  const began = now();
  const listed = await floor.list();
  const service = listed.find(({ Spec }) =>
    Spec.TaskTemplate.ContainerSpec.Image.startsWith(`${sandbox.image(repository, 'v1')}@`),
  );
  if (service === undefined) throw new Error(`the engine lists no service of ${repository}`);
  const published = await floor.head(repository, 'v1');
  await floor.update(service, sandbox.image(repository, 'v1', published));
  const tookMs = now() - began;
  if (published !== digest) throw new Error(`the registry answers ${published} for ${repository}`);
  return { service: nameOf(index), digest, tookMs };
};

/**
 * Resolves with the time when the webhook was sent, in ms since the epoch. It waits until the deployment has ended and
 * the check has listed the other services. Otherwise that list would overlap with the one of the bare script.
 */
const pushThroughHelper = async (
  sandbox: Sandbox,
  helper: BuiltHelper,
  index: number,
  version: string,
) => {
  const repository = repositoryOf(index);
  const service = nameOf(index);
  const { digest } = await sandbox.pushImage(repository, 'v1', good(version));
  const ended = helper.line(
    (line) =>
      line['service'] === service &&
      line['digest'] === digest &&
      line['msg'] === 'deployment succeeded',
  );
  const checked = helper.line(
    (line) =>
      line['msg'] === 'checked' && line['image'] === `${sandbox.registry.host}/${repository}`,
  );
  const sentAt = now();
  await helper.hook({ image: sandbox.image(repository, 'v1'), digest });
  const acceptedAt = now();
  await Promise.all([ended, checked]);
  helper.forgetLines();
  return { service, digest, sentAt, acceptedAt };
};

/** The times of the helper's steps, ms since the epoch. */
type Times = { readonly queuedAt: number; readonly intendedAt: number; readonly sentAt: number };

const timesOf = (
  deployments: readonly DeploymentView[],
  service: string,
  digest: string,
): Times => {
  const found = deployments.filter((one) => one.service.name === service && one.to === digest);
  const [deployment] = found;
  if (deployment === undefined || found.length > 1 || deployment.state !== 'succeeded') {
    throw new Error(`${service}: ${found.length} deployments of ${digest}, ${deployment?.state}`);
  }
  const sent = deployment.steps.filter(({ step }) => step === 'update-sent');
  const [step] = sent;
  if (step === undefined || sent.length > 1) throw new Error(`${service}: ${sent.length} updates`);
  // The helper records whole milliseconds, so on average half a millisecond is missing.
  const at = (time: string | null): number => Date.parse(time ?? '') + 0.5;
  return {
    queuedAt: at(deployment.queuedAt),
    intendedAt: at(deployment.startedAt),
    sentAt: at(step.at),
  };
};

/** By design, a second webhook for a repository within this time waits for the end of a burst. */
const APART_MS = BURST_MS + 100;

const measure = async (sandbox: Sandbox, helper: BuiltHelper, floor: Redeployer) => {
  const bare: Push[] = [];
  const hooked: { service: string; digest: string; sentAt: number; acceptedAt: number }[] = [];
  const half = SERVICES / 2;
  const lastAt = Array.from({ length: half }, () => 0);
  for (let push = -WARM_UP; push < PUSHES; push += 1) {
    const one = (push + WARM_UP) % half;
    await delay(Math.max(0, (lastAt[one] ?? 0) + APART_MS - now()));
    const first = await pushBare(sandbox, floor, half + one, `bare ${push}`);
    const second = await pushThroughHelper(sandbox, helper, one, `hook ${push}`);
    lastAt[one] = now();
    if (push < 0) continue;
    bare.push(first);
    hooked.push(second);
  }
  return { bare, hooked };
};

const checkEngine = async (
  { engines: [{ services }] }: Sandbox,
  pushes: readonly { service: string; digest: string }[],
): Promise<void> => {
  const last = new Map(pushes.map(({ service, digest }) => [service, digest]));
  for (const { Spec } of await services.list()) {
    const { Image } = Spec.TaskTemplate.ContainerSpec;
    const wanted = last.get(Spec.Name);
    if (wanted !== undefined && !Image.endsWith(`@${wanted}`)) {
      throw new Error(`${Spec.Name} runs ${Image} and not ${wanted}`);
    }
  }
};

/** From the webhook to the update that the engine accepted, compared with list, HEAD and update by a bare script. */
export const hookToUpdate: Benchmark = {
  name: 'hook-to-update',
  about: 'from the hook to the accepted update, with 100 services on a real engine',
  run: async ({ tell, signal }) => {
    const sandbox = await startSandbox({ tell, signal });
    try {
      tell(`creating ${SERVICES} services`);
      await createServices(sandbox);
      const engineUrl = sandbox.engines[0].url;
      const registries = [sandbox.registry.host];
      const helper = await startBuiltHelper({ engineUrl, registries });
      const floor = createRedeployer(engineUrl, sandbox.registry.url, 4);
      try {
        tell(`${WARM_UP + PUSHES} pushes each way, one after another`);
        const { bare, hooked } = await measure(sandbox, helper, floor);
        await checkEngine(sandbox, [...bare, ...hooked]);
        const deployments = await helper.list<DeploymentView>('/deployments');
        const floorMs = bare.map(({ tookMs }) => tookMs);
        const seen = hooked.map(({ service, digest, sentAt, acceptedAt }) => ({
          began: sentAt,
          accepted: acceptedAt,
          ...timesOf(deployments, service, digest),
        }));
        const helperMs = seen.map(({ began, sentAt }) => sentAt - began);
        const part = (of: (one: (typeof seen)[number]) => number): string =>
          `${median(seen.map(of)).toFixed(1)} ms`;
        return {
          benchmark: hookToUpdate.name,
          figures: [
            figure({
              what: 'hook to accepted update, p50',
              unit: 'ms',
              floor: median(floorMs),
              helper: median(helperMs),
              goal: GOAL,
            }),
            figure({
              what: 'hook to accepted update, p99',
              unit: 'ms',
              floor: quantile(floorMs, 0.99),
              helper: quantile(helperMs, 0.99),
            }),
          ],
          facts: {
            services: SERVICES,
            pushes: PUSHES,
            'hook to 202, p50': part(({ began, accepted }) => accepted - began),
            'hook to deployment queued, p50': part(({ began, queuedAt }) => queuedAt - began),
            'queued to intent, p50': part(({ queuedAt, intendedAt }) => intendedAt - queuedAt),
            'intent to update accepted, p50': part(({ intendedAt, sentAt }) => sentAt - intendedAt),
          },
        };
      } finally {
        await floor.close();
        await helper.stop();
      }
    } finally {
      await sandbox.stop();
    }
  },
};
