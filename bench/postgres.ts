import { setTimeout as delay } from 'node:timers/promises';
import { type Postgres, startPostgres } from '../sandbox/postgres/postgres.ts';
import { BURST_MS } from '../src/core/check/check-timing.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { postHooks } from './support/load.ts';
import { median, quantile } from './support/quantile.ts';
import { startPostgresReceiver } from './support/start-bare-receiver.ts';
import { type BuiltHelper, startBuiltHelper } from './support/start-built-helper.ts';
import { type Fakes, startFakes } from './support/start-fakes.ts';

const CONNECTIONS = 64;
const ROUNDS = 4;
const SECONDS = 4;
/** Durable webhooks reach at least half the rate of a route that inserts one row. */
const HOOKS_GOAL = 2;
const SERVICES = 25;
const PUSH_ROUNDS = 5;
const PUSH_GOAL = 2;
const IMAGES = 10;
const DIGEST = `sha256:${'0'.repeat(64)}`;

const measureHooks = async (server: Postgres, tell: (line: string) => void) => {
  const fakes = await startFakes({ services: 0, images: 1, latencyMs: 0 });
  const { url, name } = await server.createDatabase();
  const helper = await startBuiltHelper({
    engineUrl: fakes.engineUrl,
    registries: [fakes.registry],
    env: { CD_HELPER_STORE: url },
  });
  helper.ignoreLines();
  const storing = await startPostgresReceiver((await server.createDatabase()).url);
  const bodies = Array.from({ length: IMAGES }, (_, image) => ({
    image: `${fakes.registry}/acme/app-${image}:v1`,
    digest: DIGEST,
  }));
  const post = ({ hookUrl }: { hookUrl: string }) =>
    postHooks({ url: hookUrl, bodies, connections: CONNECTIONS, until: { seconds: SECONDS } });
  type Round = Awaited<ReturnType<typeof post>>;
  const rounds: { floor: Round; helper: Round }[] = [];
  let accepted = 0;
  try {
    for (let round = -1; round < ROUNDS; round += 1) {
      tell(round < 0 ? 'hooks: warming up' : `hooks: round ${round + 1} of ${ROUNDS}`);
      const floor = await post(storing);
      const helped = await post(helper);
      accepted += helped.accepted;
      if (round >= 0) rounds.push({ floor, helper: helped });
    }
    const stored = Number(
      await server.primary.sql('select count(*) from cd_helper.deliveries', name),
    );
    // At the end of each round, the sender drops the requests in progress, stored or not.
    if (stored < accepted || stored > accepted + CONNECTIONS * (ROUNDS + 1))
      throw new Error(`${accepted} hooks were accepted and ${stored} are in the store`);
    const of = (who: 'floor' | 'helper', what: keyof Round): number =>
      median(rounds.map((one) => one[who][what]));
    return { of, accepted };
  } finally {
    await storing.stop();
    await helper.stop();
    await fakes.stop();
  }
};

type Side = { readonly fakes: Fakes; readonly helper: BuiltHelper; readonly took: number[] };

const openSide = async (env: Readonly<Record<string, string>>): Promise<Side> => {
  const fakes = await startFakes({ services: SERVICES, images: SERVICES, latencyMs: 0 });
  const registries = [fakes.registry];
  const helper = await startBuiltHelper({ engineUrl: fakes.engineUrl, registries, env });
  return { fakes, helper, took: [] };
};

const push = async ({ fakes, helper, took }: Side, index: number, digest: string) => {
  const service = `app-${index}`;
  const of = (msg: string) =>
    helper.line((line) => line['msg'] === msg && line['service'] === service);
  const sent = of('update sent');
  const ended = of('deployment succeeded');
  const begun = performance.now();
  await helper.hook({ image: fakes.imageOf(index), digest });
  await sent;
  took.push(performance.now() - begun);
  await ended;
  helper.forgetLines();
};

/** With SQLite and with PostgreSQL in turns, one push after another. */
const measurePushes = async (server: Postgres, tell: (line: string) => void) => {
  const sides: Side[] = [];
  try {
    sides.push(await openSide({}));
    sides.push(await openSide({ CD_HELPER_STORE: (await server.createDatabase()).url }));
    for (let round = -1; round < PUSH_ROUNDS; round += 1) {
      tell(round < 0 ? 'pushes: warming up' : `pushes: round ${round + 1} of ${PUSH_ROUNDS}`);
      if (round === 0) for (const { took } of sides) took.length = 0;
      const digests = await Promise.all(
        sides.map(({ fakes }) => fakes.publish(SERVICES, `${round}`)),
      );
      for (let index = 0; index < SERVICES; index += 1)
        for (const [at, side] of sides.entries())
          await push(side, index, digests[at]?.[index] ?? '');
      // A second webhook for a repository within this time would wait for the end of a burst.
      await delay(BURST_MS);
    }
    for (const { fakes } of sides) {
      const { updates, outdated } = await fakes.count();
      if (updates !== SERVICES * (PUSH_ROUNDS + 1) || outdated > 0)
        throw new Error(`${updates} updates, and ${outdated} services are outdated`);
    }
    return sides.map(({ took }) => took);
  } finally {
    for (const { helper, fakes } of sides) {
      await helper.stop();
      await fakes.stop();
    }
  }
};

/** The helper with its store in PostgreSQL, compared with a bare route and with its store in SQLite. */
export const postgres: Benchmark = {
  name: 'postgres',
  about: 'durable hooks and pushes with the store in PostgreSQL',
  run: async ({ tell, signal }) => {
    const server = await startPostgres({ tell, signal });
    try {
      const { of, accepted } = await measureHooks(server, tell);
      const [sqlite = [], pushes = []] = await measurePushes(server, tell);
      const both = (what: 'perSecond' | 'p50' | 'p99') => ({
        floor: of('floor', what),
        helper: of('helper', what),
      });
      const compared = (quantileOf: (all: readonly number[]) => number) => ({
        floor: quantileOf(sqlite),
        helper: quantileOf(pushes),
      });
      const p99 = (all: readonly number[]): number => quantile(all, 0.99);
      return {
        benchmark: postgres.name,
        figures: [
          figure({
            what: 'hooks accepted a second',
            unit: '/s',
            ...both('perSecond'),
            goal: HOOKS_GOAL,
          }),
          figure({ what: 'time to the answer, p50', unit: 'ms', ...both('p50') }),
          figure({ what: 'time to the answer, p99', unit: 'ms', ...both('p99') }),
          figure({
            what: 'hook to recorded update, beside SQLite, p50',
            unit: 'ms',
            ...compared(median),
            goal: PUSH_GOAL,
          }),
          figure({
            what: 'hook to recorded update, beside SQLite, p99',
            unit: 'ms',
            ...compared(p99),
          }),
        ],
        facts: { connections: CONNECTIONS, 'hooks accepted, and found in the store': accepted },
      };
    } finally {
      await server.stop();
    }
  },
};
