import { expect, it } from 'vitest';
import { hasRole, ROLES } from './role.ts';

it.each([
  ['viewer', ['viewer']],
  ['approver', ['viewer', 'approver']],
  ['operator', ['viewer', 'approver', 'operator']],
] as const)('a %s may do what needs %j, and nothing else', (own, allowed) => {
  expect(ROLES.filter((needed) => hasRole(own, needed))).toEqual(allowed);
});
