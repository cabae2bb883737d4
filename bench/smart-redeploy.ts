import { good } from '../sandbox/image/sample.ts';
import { readAccessLog } from '../sandbox/registry/access-log.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { type BareCheck, startBareCheck } from './support/start-bare-check.ts';
import { median } from './support/quantile.ts';
import { dryRun, realRun, type TimedRun } from './support/smart-redeploy-runs.ts';
import { type BuiltHelper, startBuiltHelper } from './support/start-built-helper.ts';

const SERVICES = 1_000;
const IMAGES = 50;
/** Images with a newer published digest, which a run must find. */
const OBSOLETE_IMAGES = 2;
const OBSOLETE = (SERVICES / IMAGES) * OBSOLETE_IMAGES;
const ROUNDS = 9;
const WARM_UP = 3;
const GOAL = 1.5;
const CREATED_AT_ONCE = 16;
const REAL_RUN_WITHIN_MS = 120_000;

const repositoryOf = (image: number): string => `bench/app-${image}`;

const createServices = async ({ engines, image, pushImage }: Sandbox): Promise<void> => {
  const [{ services }] = engines;
  const pinned: string[] = [];
  for (let index = 0; index < IMAGES; index += 1) {
    const repository = repositoryOf(index);
    const { digest } = await pushImage(repository, 'v1', good(`${index} first`));
    pinned.push(image(repository, 'v1', digest));
  }
  for (let begun = 0; begun < SERVICES; begun += CREATED_AT_ONCE) {
    const count = Math.min(CREATED_AT_ONCE, SERVICES - begun);
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        services.create({
          name: `app-${begun + index}`,
          image: pinned[(begun + index) % IMAGES] ?? '',
          replicas: 0,
        }),
      ),
    );
  }
};

/** Publishes new digests for some images and returns what their services should run. */
const publish = async (
  { pushImage, image }: Sandbox,
  version: string,
): Promise<readonly string[]> => {
  const wanted: string[] = [];
  for (let index = 0; index < OBSOLETE_IMAGES; index += 1) {
    const { digest } = await pushImage(repositoryOf(index), 'v1', good(`${index} ${version}`));
    wanted.push(image(repositoryOf(index), 'v1', digest));
  }
  return wanted;
};

type Asked = { readonly lookups: number; readonly others: number };

/** The requests that the helper sent to the registry during `work`. */
const asked = async <T>(sandbox: Sandbox, work: () => Promise<T>): Promise<[T, Asked]> => {
  const own = async () =>
    (await readAccessLog(sandbox.registry.accessLog)).filter(({ userAgent }) =>
      userAgent.includes('cd-helper'),
    );
  const before = (await own()).length;
  const result = await work();
  const since = (await own()).slice(before);
  const lookups = since.filter(({ method, path }) => method === 'HEAD' && path.endsWith('/v1'));
  return [result, { lookups: lookups.length, others: since.length - lookups.length }];
};

const expectEqual = (what: string, found: unknown, wanted: unknown): void => {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} and not ${String(wanted)}`);
};

const expectPlan = ({ run }: TimedRun, bare: BareCheck): void => {
  expectEqual('services of the dry run', run.services.length, SERVICES);
  expectEqual('obsolete services of the dry run', run.counts.obsolete, OBSOLETE);
  expectEqual('obsolete services of the bare script', bare.obsolete, OBSOLETE);
};

const measure = async (sandbox: Sandbox, helper: BuiltHelper) => {
  const bareCheck = await startBareCheck({
    engineUrl: sandbox.engines[0].url,
    registryUrl: sandbox.registry.url,
    atOnce: 8,
  });
  try {
    const bare: BareCheck[] = [];
    const dry: (TimedRun & Asked)[] = [];
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const one = await bareCheck.check();
      const [run, counted] = await asked(sandbox, () => dryRun(helper));
      expectPlan(run, one);
      expectEqual('lookups of a dry run', counted.lookups, IMAGES);
      if (round < 0) continue;
      bare.push(one);
      dry.push({ ...run, ...counted });
    }
    return { bare, dry };
  } finally {
    await bareCheck.stop();
  }
};

/** Deploys what is obsolete, and checks that nothing else changed. */
const deploy = async (sandbox: Sandbox, helper: BuiltHelper, wanted: readonly string[]) => {
  const [{ services }] = sandbox.engines;
  const before = new Map((await services.list()).map((one) => [one.ID, one.Version.Index]));
  const [run, counted] = await asked(sandbox, () => realRun(helper, REAL_RUN_WITHIN_MS));
  expectEqual('lookups of the run', counted.lookups, IMAGES);
  let updated = 0;
  for (const { ID, Version, Spec } of await services.list()) {
    if (Version.Index === before.get(ID)) continue;
    updated += 1;
    const { Image } = Spec.TaskTemplate.ContainerSpec;
    if (!wanted.includes(Image)) throw new Error(`${Spec.Name} was given ${Image}`);
  }
  expectEqual('services updated', updated, OBSOLETE);
  const versions = async (): Promise<string> => {
    const all = (await services.list()).map(({ ID, Version }) => `${ID} ${Version.Index}`);
    return all.toSorted().join();
  };
  const settled = await versions();
  const [, again] = await asked(sandbox, () => realRun(helper, REAL_RUN_WITHIN_MS));
  expectEqual('versions after a run with nothing to do', await versions(), settled);
  expectEqual('lookups of a run with nothing to do', again.lookups, IMAGES);
  return run;
};

/** A SmartRedeploy of a thousand services with fifty images, compared with a bare script that does the same lookups. */
export const smartRedeploy: Benchmark = {
  name: 'smart-redeploy',
  about: '1,000 services over 50 images on a real engine',
  run: async ({ tell, signal }) => {
    const sandbox = await startSandbox({ tell, signal });
    try {
      tell(`creating ${SERVICES} services`);
      await createServices(sandbox);
      const wanted = await publish(sandbox, 'second');
      const engineUrl = sandbox.engines[0].url;
      const helper = await startBuiltHelper({ engineUrl, registries: [sandbox.registry.host] });
      try {
        tell(`${WARM_UP + ROUNDS} dry runs each way`);
        const { bare, dry } = await measure(sandbox, helper);
        tell('a run that deploys, and one with nothing to do');
        const real = await deploy(sandbox, helper, wanted);
        return {
          benchmark: smartRedeploy.name,
          figures: [
            figure({
              what: 'dry run, wall time, median',
              unit: 'ms',
              floor: median(bare.map(({ tookMs }) => tookMs)),
              helper: median(dry.map(({ tookMs }) => tookMs)),
              goal: GOAL,
            }),
            figure({
              what: 'dry run, processor time, median',
              unit: 'ms',
              floor: median(bare.map(({ cpuMs }) => cpuMs)),
              helper: median(dry.map(({ cpuMs }) => cpuMs)),
              goal: GOAL,
            }),
          ],
          facts: {
            services: SERVICES,
            'lookups of each run': IMAGES,
            'other requests to the registry by a dry run': median(dry.map(({ others }) => others)),
            [`run that redeploys and verifies ${OBSOLETE}`]: `${real.tookMs.toFixed(0)} ms`,
          },
        };
      } finally {
        await helper.stop();
      }
    } finally {
      await sandbox.stop();
    }
  },
};
