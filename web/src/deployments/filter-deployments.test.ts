import { expect, test } from 'vitest';
import { filterDeployments } from './filter-deployments.ts';
import { makeDeploymentView } from './make-deployment-view.ts';

const hook = makeDeploymentView({ id: 'a', to: 'sha256:abc' });
const person = makeDeploymentView({
  id: 'b',
  service: { id: 'y', name: 'api' },
  triggers: [{ kind: 'person', actor: 'Alice' }],
});

test.each([
  ['', ['a', 'b']],
  ['  SHOP_web ', ['a']],
  ['alice', ['b']],
  ['abc hook', ['a']],
  ['alice hook', []],
])('"%s" finds %j', (q, ids) => {
  expect(filterDeployments([hook, person], q).map(({ id }) => id)).toEqual(ids);
});
