import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../sandbox/machine/network.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Postgres } from '../../../sandbox/postgres/postgres.ts';
import type { InstanceView } from '../../../src/core/contract/instance-view.ts';
import type { Page } from '../../../src/core/contract/views.ts';
import { API_TOKEN, type RunningHelper, startHelper } from '../../support/program/start-helper.ts';
import type { Address, Cable } from './cable.ts';

const SKEW = fileURLToPath(new URL('../../support/program/skew-clock.ts', import.meta.url));
const ANSWER_WITHIN_MS = 2_000;
/** Longer than a lease lives; twelve helpers at once on a busy machine take several times as long. */
const WORKS_WITHIN_MS = 120_000;
export const CLUSTER_LEASE = 'cluster:production';

/** One of several helpers with one store. Each has its own cable to the database. */
export type Member = {
  readonly index: number;
  readonly helper: () => RunningHelper;
  readonly cable: Cable;
  /** Starts it again after it has ended. */
  readonly start: () => Promise<void>;
  /**
   * The epoch of the cluster's lease, as this helper reports it; null if it does not hold the lease or does not answer.
   */
  readonly epoch: () => Promise<number | null>;
  /** The output of all its processes. */
  readonly output: () => string;
};

export type Trio = {
  readonly members: readonly Member[];
  /**
   * The member that works on the cluster, and the epoch of its lease, which is later than `than`. A member that was
   * killed and has started again may be the next one to work.
   */
  readonly workerLater: (
    than: number,
  ) => Promise<{ readonly member: Member; readonly epoch: number }>;
  readonly close: () => Promise<void>;
};

export type TrioOptions = {
  readonly postgres: Postgres;
  readonly layCable: (database: Address) => Promise<Cable>;
  readonly configOf: (index: number) => Readonly<Record<string, unknown>>;
  readonly random: () => number;
  /** Kills the helpers. */
  readonly signal: AbortSignal | undefined;
};

/** Three helpers on one new database, with clocks that differ by up to ten minutes. */
export const openTrio = async (options: TrioOptions): Promise<Trio> => {
  const { postgres, layCable, configOf, random, signal } = options;
  const folder = mkdtempSync(join(tmpdir(), 'trio-'));
  const database = await postgres.createDatabase();
  const open = async (index: number): Promise<Member> => {
    const cable = await layCable(postgres.primary);
    const url = new URL(database.url);
    url.hostname = cable.database.host;
    url.port = `${cable.database.port}`;
    const port = await freePort();
    const skewMs = Math.round((random() - 0.5) * 20 * 60_000);
    let helper: RunningHelper | null = null;
    let said = '';
    const start = async (): Promise<void> => {
      signal?.throwIfAborted();
      said += helper?.output() ?? '';
      helper = await startHelper({
        store: join(folder, `helper-${index}`),
        host: cable.host,
        port,
        within: cable.within,
        ...(signal === undefined ? {} : { signal }),
        env: {
          CD_HELPER_STORE: url.href,
          NODE_OPTIONS: `--import=${SKEW}`,
          TEST_CLOCK_SKEW_MS: `${skewMs}`,
        },
        config: configOf(index),
      });
    };
    await start();
    const running = (): RunningHelper => {
      if (helper === null) throw new Error('it was never started');
      return helper;
    };
    return {
      index,
      helper: running,
      cable,
      start,
      epoch: async () => {
        try {
          const answer = await fetch(`${running().url}/api/v1/instances`, {
            headers: { authorization: `Bearer ${API_TOKEN}` },
            signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
          });
          const { items } = (await answer.json()) as Page<InstanceView>;
          const self = items.find(({ isSelf }) => isSelf);
          return self?.leases.find(({ name }) => name === CLUSTER_LEASE)?.epoch ?? null;
        } catch {
          return null;
        }
      },
      output: () => said + running().output(),
    };
  };
  const members = await Promise.all([0, 1, 2].map(open));
  return {
    members,
    workerLater: async (than) => {
      const found = new AbortController();
      const either = AbortSignal.any([found.signal, ...(signal === undefined ? [] : [signal])]);
      const what = `a helper works with an epoch after ${than}`;
      // Ask them in parallel, because one that is paused or cut off answers none.
      const asked = members.map((member) =>
        waitUntil(
          async () => {
            const epoch = await member.epoch();
            return epoch !== null && epoch > than ? { member, epoch } : null;
          },
          { what, withinMs: WORKS_WITHIN_MS, everyMs: 20, signal: either },
        ),
      );
      try {
        return await Promise.any(asked);
      } finally {
        found.abort();
      }
    },
    close: async () => {
      await Promise.all(
        members.map(async ({ helper, cable }) => {
          await helper().kill();
          await cable.close();
        }),
      );
      rmSync(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
};
