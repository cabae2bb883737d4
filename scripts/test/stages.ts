import type { EngineVersion, ImageStore } from '../../sandbox/engine/engine-choice.ts';
import { ENGINE_RELEASES, ENGINE_VERSIONS } from '../../sandbox/engine/engine-choice.ts';

/** One command of a test run. */
export type Stage = {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Whether the command writes test counts. Otherwise it counts as a single test. */
  readonly counts: boolean;
};

/** What every change must pass on other engines than the machine's own. It includes each kind of call to an engine. */
const MOST_TELLING = [
  'test/e2e/bad-releases/bad-digest.test.ts',
  'test/e2e/engine/adapter.test.ts',
  'test/e2e/push/push.test.ts',
  'test/e2e/rollout/rollout.test.ts',
  'test/e2e/push/smart-redeploy.test.ts',
];

/** Every file whose result can depend on the engine. */
const ENGINE_FILES = [
  ...MOST_TELLING,
  'test/chaos/engine-stopped.test.ts',
  'test/e2e/push/at-once.test.ts',
  'test/e2e/engine/clusters.test.ts',
  'test/e2e/deploy/deploy.test.ts',
  'test/e2e/engine/faults.test.ts',
  'test/e2e/engine/reach.test.ts',
  'test/e2e/engine/upgrade.test.ts',
  'test/e2e/push/index-members.test.ts',
  'test/e2e/push/burst.test.ts',
  'test/e2e/push/failing.test.ts',
  'test/e2e/rollout/interrupted.test.ts',
  'test/e2e/rollout/rollout-second-actor.test.ts',
  'test/e2e/rollout/special.test.ts',
  'test/e2e/deploy/sandbox.test.ts',
  'test/e2e/rollout/second-actor.test.ts',
  'test/e2e/engine/three-managers.test.ts',
];

/** Engines that every change is tested with. The machine's own engine is one of them. */
const ALWAYS: readonly EngineVersion[] = ['20.10', '26.1'];

const vitest = (
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Stage => ({ name, command: ['vitest', 'run', ...args], env, counts: true });

const script = (name: string, file: string, ...args: readonly string[]): Stage => ({
  name,
  command: ['node', file, ...args],
  env: {},
  counts: false,
});

const onEngine = (
  version: EngineVersion,
  imageStore: ImageStore,
  files: readonly string[],
): Stage => {
  const name = `engine ${version}${imageStore === 'containerd' ? ', containerd image store' : ''}`;
  return vitest(name, ['--project', 'e2e', ...files], {
    CD_HELPER_SANDBOX_ENGINE: version,
    CD_HELPER_SANDBOX_IMAGE_STORE: imageStore,
  });
};

/** An optimisation that can be switched off must never change a result. */
const withoutShortcuts = vitest(
  'work and simulation without shortcuts',
  ['--project', 'integration', 'test/integration/work/', 'test/chaos/simulation.test.ts'],
  { CD_HELPER_TEST_SHORTCUTS: 'off' },
);

const ON_POSTGRES = { CD_HELPER_TEST_STORE: 'postgres' };

/**
 * The tests of the store, and those of the work that read and write most of it, on the other database. Not for every
 * change, because on a busy machine some take longer than they may: each query there waits for another process.
 */
const onPostgres = vitest(
  'store, work and simulation on PostgreSQL',
  [
    '--project',
    'unit',
    '--project',
    'integration',
    'src/store/',
    'test/integration/work/check/conflicts.test.ts',
    'test/integration/work/check/gates.test.ts',
    'test/integration/work/check/newer-push.test.ts',
    'test/integration/work/check/push.test.ts',
    'test/integration/work/restart/interrupted.test.ts',
    'test/integration/work/restart/recovered.test.ts',
    'test/integration/work/restart/settings-changed.test.ts',
    'test/integration/work/rollout/good-images.test.ts',
    'test/integration/work/rollout/rollback-queued.test.ts',
    'test/integration/work/rollout/rollout.test.ts',
    'test/integration/work/run/smart-redeploy.test.ts',
    'test/integration/work/track/run.test.ts',
    'test/chaos/simulation.test.ts',
  ],
  { ...ON_POSTGRES, SIMULATION_SEEDS: '67..81' },
);

/** All other tests that open a store: also a scenario for each step of a crash, and hundreds of services. */
const allOnPostgres = vitest(
  'work, integration and simulation on PostgreSQL',
  [
    '--project',
    'unit',
    '--project',
    'integration',
    'src/work/',
    'test/integration/work/',
    'test/integration/notify/',
    'test/integration/api/',
    'test/chaos/simulation',
  ],
  { ...ON_POSTGRES, PAIR_SEEDS: '1..40' },
);

/** `./dev test`, which `.ci/run` runs. `release` is the code name of the machine's Debian. */
const everyChange = (release: string): readonly Stage[] => [
  vitest('all files', []),
  withoutShortcuts,
  ...ALWAYS.filter((version) => ENGINE_RELEASES[version] !== release).map((version) =>
    onEngine(version, 'graph-driver', MOST_TELLING),
  ),
];

/** `./dev test --engines` */
const everyEngine: readonly Stage[] = [
  ...ENGINE_VERSIONS.map((version) => onEngine(version, 'graph-driver', ENGINE_FILES)),
  ...ENGINE_VERSIONS.filter((version) => version !== '20.10').map((version) =>
    onEngine(version, 'containerd', ENGINE_FILES),
  ),
];

/** Takes too long for every change. A command passes if it ends with status 0. Add yours here. */
const LONG: readonly Stage[] = [
  vitest(
    'a hundred races of two webhooks',
    ['--project', 'e2e', '--project', 'integration', 'outcome.test.ts', 'outcome-race.test.ts'],
    { RACES: '100' },
  ),
  vitest(
    'a hundred kills at gates',
    ['--project', 'integration', 'test/integration/work/restart/gates-killed.test.ts'],
    { CD_HELPER_GATE_KILLS: '100' },
  ),
  vitest(
    'ten kills at gates of the instance that works',
    ['--project', 'e2e', 'test/e2e/instances/gates-killed.test.ts'],
    { CD_HELPER_GATE_KILLS: '10' },
  ),
  vitest('a pull of seven minutes', ['--project', 'e2e', 'test/e2e/push/slow-pull.test.ts'], {
    SLOW_PULL_MINUTES: '7',
  }),
  vitest(
    'a database server that fails',
    ['--project', 'integration', 'test/integration/process/postgres-failures.test.ts'],
    { CD_HELPER_TEST_DATABASE_FAILURES: 'on' },
  ),
  vitest(
    'several instances as a service of the Swarm',
    ['--project', 'e2e', 'test/e2e/deploy/several-instances.test.ts'],
    { CD_HELPER_TEST_INSTANCES: 'on' },
  ),
  script('the demo with several instances', 'sandbox/demo.ts', '--instances'),
  script('a rolling update of several instances', 'bench/rolling-update.ts'),
  script('what idle instances ask of the database', 'bench/idle-queries.ts'),
  script('a soak of an hour', 'test/chaos/soak/main.ts', '--minutes', '60'),
];

/**
 * The commands for the arguments of `./dev test`. `--engines` runs the engine tests on each engine, `--all` runs
 * everything. All other arguments go to vitest.
 */
export const testStages = (args: readonly string[], release: string): readonly Stage[] => {
  if (args.length === 0) return everyChange(release);
  if (args.length === 1 && args[0] === '--engines') return everyEngine;
  if (args.length === 1 && args[0] === '--all') {
    return [
      vitest('all files', []),
      withoutShortcuts,
      onPostgres,
      allOnPostgres,
      ...everyEngine,
      ...LONG,
    ];
  }
  return [vitest('some files', args)];
};
