import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyBudget } from './body-budget.ts';

const MOST = 100;

const begin = () => {
  const budget = createBodyBudget(MOST);
  const broken: string[] = [];
  return {
    broken,
    open: (name: string, announced: number) => budget(announced, () => void broken.push(name)),
  };
};

describe('the bodies of clients that nothing has proven', () => {
  it('are all read while they fit', () => {
    const { open, broken } = begin();
    open('a', 60);
    open('b', 40);
    expect(broken).toEqual([]);
  });

  it('lose the largest when they do not, so that a small one is read', () => {
    const { open, broken } = begin();
    open('large', 60);
    open('larger', 40).grow(30);
    expect(broken).toEqual(['larger']);
    open('small', 2);
    expect(broken).toEqual(['larger']);
  });

  it('lose the newest of several as large', () => {
    const { open, broken } = begin();
    for (const name of ['first', 'second', 'third']) open(name, 50);
    expect(broken).toEqual(['third']);
  });

  it('make room when they end, once each', () => {
    const { open, broken } = begin();
    const first = open('first', 100);
    first.release();
    first.release();
    open('second', 100);
    expect(broken).toEqual([]);
  });

  it('never hold more than the budget, whatever comes and goes', () => {
    const steps = fc.array(
      fc.record({ who: fc.nat(9), announced: fc.nat(120), grows: fc.nat(60), ends: fc.boolean() }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const budget = createBodyBudget(MOST);
        const held = new Map<number, number>();
        const bodies = new Map<number, ReturnType<typeof budget>>();
        for (const { who, announced, grows, ends } of all) {
          const before = bodies.get(who);
          if (before === undefined) {
            held.set(who, announced);
            bodies.set(
              who,
              budget(announced, () => held.delete(who)),
            );
          } else if (ends) {
            before.release();
            held.delete(who);
            bodies.delete(who);
          } else {
            if (held.has(who)) held.set(who, (held.get(who) ?? 0) + grows);
            before.grow(grows);
          }
          const inAll = [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
          expect(inAll).toBeLessThanOrEqual(MOST);
        }
      }),
    );
  });
});
