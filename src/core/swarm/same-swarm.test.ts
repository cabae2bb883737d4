import { expect, it } from 'vitest';
import { isSameSwarm, type SwarmSigns } from './same-swarm.ts';

const signs = (swarmId: string | null, services: readonly string[] | null = null): SwarmSigns => ({
  swarmId,
  serviceIds: services === null ? null : new Set(services),
});

it.each<[string, SwarmSigns, SwarmSigns, boolean | null]>([
  ['the same id', signs('s1'), signs('s1'), true],
  ['another id', signs('s1'), signs('s2'), false],
  ['another id, whatever services say', signs('s1', ['a']), signs('s2', ['a']), false],
  ['one that tells no id, services not asked for', signs('s1'), signs(null), null],
  ['a service of both', signs('s1', ['a', 'b']), signs(null, ['b', 'c']), true],
  ['no service of both', signs('s1', ['a', 'b']), signs(null, ['c']), false],
  ['two that tell no id', signs(null, ['a']), signs(null, ['a']), true],
  ['one without services', signs('s1', []), signs(null, ['a']), null],
])('%s', (_name, one, other, expected) => {
  expect(isSameSwarm(one, other)).toBe(expected);
  expect(isSameSwarm(other, one)).toBe(expected);
});
