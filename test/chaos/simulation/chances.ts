import { seeded } from '../seeded.ts';

/** Whatever a scenario leaves to chance: the same for the same seed. */
export type Chances = {
  /** A whole number, both ends included. */
  readonly number: (from: number, to: number) => number;
  /** Whether something of this probability, 0 to 1, happens. */
  readonly happens: (probability: number) => boolean;
  readonly pick: <T>(among: readonly [T, ...T[]] | readonly T[]) => T;
};

/** Seeds that stand beside each other begin alike: this many numbers are thrown away. */
const ALIKE = 5;

export const createChances = (seed: number): Chances => {
  const random = seeded(seed);
  for (let thrown = 0; thrown < ALIKE; thrown += 1) random();
  const number: Chances['number'] = (from, to) => from + Math.floor(random() * (to - from + 1));
  return {
    number,
    happens: (probability) => random() < probability,
    pick: (among) => {
      if (among.length === 0) throw new Error('there is nothing to pick from');
      return among[number(0, among.length - 1)] as (typeof among)[number];
    },
  };
};
