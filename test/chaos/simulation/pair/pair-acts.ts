import { readLeases } from '../../../../src/store/leases/leases.ts';
import { ACTS, push, type WeightedAct } from '../acts.ts';
import { BAD, REPOSITORIES } from '../images.ts';
import type { World } from '../world.ts';
import type { Helper } from './helper.ts';
import type { PairWorld } from './pair-world.ts';
import { CLUSTER_LEASE, timeOf } from './ports.ts';

/** A lease ends this long after its last renewal. */
const LEASE_MS = 15_000;
const LONGEST_PAUSE_MS = 60_000;
const LONGEST_CUT_MS = 40_000;
const LONGEST_JUMP_MS = 600_000;

const ofPair = (world: World): PairWorld => world as PairWorld;

/** The helper that works on the cluster; null if none does. */
const working = async ({ bench, helpers }: PairWorld): Promise<Helper | null> => {
  const { leases } = await readLeases(bench.store.db, timeOf(bench.clock));
  const holder = leases.find(({ name }) => name === CLUSTER_LEASE)?.holder;
  return helpers.find(({ instance }) => instance() === holder) ?? null;
};

/** What can happen to one of two helpers, or to both in turn. */
export const PAIR_ACTS: readonly WeightedAct[] = [
  ...ACTS,
  [
    // It stands still in the middle of its work, and somebody pushes again before it goes on.
    8,
    async (world) => {
      const { chances, images, turns } = world;
      const repository = chances.pick(REPOSITORIES);
      await push(world, repository, images.build(repository, chances.pick(['good', ...BAD])));
      await turns.pass(chances.number(0, 60));
      const helper = await working(ofPair(world));
      helper?.line.pause(chances.number(LEASE_MS, LONGEST_PAUSE_MS));
      await turns.pass(chances.number(0, 150));
      await push(world, repository, images.build(repository, 'good'));
    },
  ],
  [
    8,
    async (world) => {
      const { chances, helpers } = ofPair(world);
      chances.pick(helpers).line.pause(chances.number(500, LONGEST_PAUSE_MS));
    },
  ],
  [
    5,
    async (world) => {
      const { chances, helpers } = ofPair(world);
      chances.pick(helpers).line.cut('database', chances.number(500, LONGEST_CUT_MS));
    },
  ],
  [
    4,
    async (world) => {
      const { chances, helpers } = ofPair(world);
      chances.pick(helpers).line.cut('cluster', chances.number(500, LONGEST_CUT_MS));
    },
  ],
  [
    2,
    async (world) => {
      const { chances, helpers } = ofPair(world);
      const { line } = chances.pick(helpers);
      const ms = chances.number(500, LONGEST_CUT_MS);
      line.cut('database', ms);
      line.cut('cluster', ms);
    },
  ],
  [
    2,
    async (world) => {
      const { chances, helpers } = ofPair(world);
      chances.pick(helpers).setClock(chances.number(-LONGEST_JUMP_MS, LONGEST_JUMP_MS));
    },
  ],
  [
    3,
    async (world) => {
      const { chances, helpers } = ofPair(world);
      chances.pick(helpers).kill();
    },
  ],
];
