import { seeded } from '../seeded.ts';

/** All random choices of a scenario: the same for the same seed. */
export type Chances = {
  /** A whole number, including both ends. */
  readonly number: (from: number, to: number) => number;
  /** Whether something with this probability (0 to 1) happens. */
  readonly happens: (probability: number) => boolean;
  readonly pick: <T>(among: readonly [T, ...T[]] | readonly T[]) => T;
};

/** Neighbouring seeds start with similar numbers, so the first ones are discarded. */
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
