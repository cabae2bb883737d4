import { describe, expect, it } from 'vitest';
import { isInScope, type Scope } from './scope.ts';

const QA_SHOP: Scope = { clusters: ['qa*'], stacks: ['shop*'] };

describe('a scope', () => {
  it.each<[Scope, string, string | null, boolean]>([
    [QA_SHOP, 'qa', 'shop', true],
    [QA_SHOP, 'qa-2', 'shop-api', true],
    [QA_SHOP, 'production', 'shop', false],
    [QA_SHOP, 'qa', 'billing', false],
    [QA_SHOP, 'qa', null, false],
    [{ clusters: null, stacks: ['shop'] }, 'anything', 'shop', true],
    [{ clusters: null, stacks: ['shop'] }, 'anything', null, false],
    [{ clusters: ['qa'], stacks: null }, 'qa', null, true],
    [{ clusters: ['qa'], stacks: null }, 'QA', null, false],
    [{ clusters: ['qa'], stacks: ['*'] }, 'qa', null, false],
  ])('%j holds cluster %s and stack %s: %s', (scope, cluster, stack, expected) => {
    expect(isInScope(scope, { cluster, stack })).toBe(expected);
  });
});
