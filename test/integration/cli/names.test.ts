import { expect, test } from 'vitest';
import { serviceOf } from '../../support/http/api-samples.ts';
import { startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';

const SERVICES = [
  serviceOf({ name: 'shop_web', stack: 'shop' }),
  serviceOf({ name: 'shop_api', stack: 'shop' }),
  serviceOf({ name: 'proxy' }),
];

const startHelper = (state = 'up') =>
  startFakeHelper(({ path, method, query }) => {
    if (method !== 'GET') throw new Error(`${method} ${path} must not be asked`);
    const lists: Readonly<Record<string, readonly unknown[]>> = {
      '/api/v1/services':
        state === 'up' ? SERVICES.filter(({ stack }) => (query['stack'] ?? stack) === stack) : [],
      '/api/v1/clusters': [{ name: 'default', state, problem: 'it is away' }],
      '/api/v1/hook-secrets': [{ name: 'docker-hub' }],
    };
    return { body: { items: lists[path] ?? [], next: null } };
  });

const MISSPELT = 'there is no service "shop_wbe"\ndid you mean shop_web?\n';

test.each([
  ['status shop_wbe', MISSPELT],
  ['history shop_wbe', MISSPELT],
  ['deployments --service shop_wbe', MISSPELT],
  ['deployments --follow --service shop_wbe', MISSPELT],
  ['redeploy shop_wbe', MISSPELT],
  ['rollback shop_wbe', MISSPELT],
  ['release shop_wbe', MISSPELT],
  ['smart-redeploy --yes --service shop_wbe', MISSPELT],
  ['freeze --reason x --service shop_wbe', MISSPELT],
  ['status wbe', 'there is no service "wbe"\ndid you mean shop_web?\n'],
  [
    'redeploy nothing-like-it',
    'there is no service "nothing-like-it"\ncd-helper status shows all\n',
  ],
  ['status --stack sohp', 'there is no stack "sohp"\ndid you mean shop?\n'],
  ['smart-redeploy --yes --stack sohp', 'there is no stack "sohp"\ndid you mean shop?\n'],
  ['freeze --reason x --stack sohp', 'there is no stack "sohp"\ndid you mean shop?\n'],
  ['deliveries --sender dokcer-hub', 'there is no sender "dokcer-hub"\ndid you mean docker-hub?\n'],
  [
    'deliveries --secret docker-hbu',
    'there is no hook secret "docker-hbu"\ndid you mean docker-hub?\n',
  ],
  ['hook url --sender dokcer-hub', 'there is no sender "dokcer-hub"\ndid you mean docker-hub?\n'],
  ...['status', 'history', 'deployments', 'smart-redeploy --yes', 'freeze --reason x'].map(
    (command) => [
      `${command} --cluster defualt`,
      'there is no cluster "defualt"\nthere are: default\n',
    ],
  ),
])('%s is a usage error, with what may be meant', async (argv, said) => {
  await using helper = await startHelper();
  const { status, out, err } = await runCli([...(argv ?? '').split(' '), '--url', helper.url]);
  expect({ status, out, err }).toEqual({ status: 2, out: '', err: said });
});

test.each(['status wbe*', 'smart-redeploy --dry-run --engine unix:///none --service x'])(
  '%s: a pattern may match nothing, and nothing is asked where there is nobody to ask',
  async (argv) => {
    await using helper = await startHelper();
    const { err } = await runCli([...argv.split(' '), '--url', helper.url]);
    expect(err).not.toContain('there is no service');
  },
);

test('where a cluster is down, nobody can tell whether there is such a service', async () => {
  await using helper = await startHelper('down');
  const { status, err } = await runCli(['status', 'shop_wbe', '--url', helper.url]);
  expect(err).not.toContain('there is no service');
  expect(status).toBe(3);
});
