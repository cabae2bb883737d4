import { expect, it } from 'vitest';
import { eventInScope } from './event-in-scope.ts';

const SCOPE = { clusters: ['qa'], stacks: ['shop'] };
const event = (type: string, data: Record<string, unknown>) => ({ id: 'p-1', type, data });

it.each([
  ['deployment', { cluster: 'qa', stack: 'shop', id: 'd' }, 'whole'],
  ['deployment', { cluster: 'qa', stack: 'billing', id: 'd' }, 'nothing'],
  ['deployment', { cluster: 'qa', stack: null, id: 'd' }, 'nothing'],
  ['deployment', { cluster: 'production', stack: 'shop', id: 'd' }, 'nothing'],
  ['step', { cluster: 'qa', stack: 'shop', deployment: 'd', step: 'sent' }, 'whole'],
  ['step', { cluster: 'qa', stack: 'billing', deployment: 'd', step: 'sent' }, 'nothing'],
  ['step', { deployment: 'd', step: 'sent' }, 'nothing'],
  ['push', { cluster: 'qa', image: 'docker.io/acme/billing:v1' }, 'a hint'],
  ['push', { cluster: 'production', image: 'docker.io/acme/web:v1' }, 'nothing'],
  ['published', { image: 'docker.io/acme/billing:v1', digest: 'sha256:1' }, 'a hint'],
  ['delivery', { id: 'x', sender: 'harbor' }, 'a hint'],
  ['run', { id: 'r', progress: { services: 50 } }, 'a hint'],
  ['freeze', { id: 'f', stands: true }, 'a hint'],
  ['action', { id: 'a', actor: 'eve', target: 'production/billing' }, 'a hint'],
  ['cluster', { name: 'qa', state: 'down' }, 'whole'],
  ['cluster', { name: 'production', state: 'down' }, 'nothing'],
  ['reset', {}, 'whole'],
  ['what comes later', { secret: 'of others' }, 'nothing'],
] as const)('of %s %j is told: %s', (type, data, told) => {
  const heard = eventInScope(event(type, data), SCOPE);
  const expected = { whole: event(type, data), 'a hint': event(type, {}), nothing: null };
  expect(heard).toEqual(expected[told]);
});
