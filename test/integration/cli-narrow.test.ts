import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { textWidth } from '../../src/cli/cell-text.ts';
import { deploymentOf, digestOf, runOf, serviceOf } from '../support/api-samples.ts';
import { startFakeHelper } from '../support/fake-helper.ts';
import { runCli } from '../support/run-cli.ts';

const SERVICE = serviceOf({
  name: 'a-service-with-a-name-longer-than-the-screen\u001b[2J',
  stack: 'shop',
  verdict: 'held',
  reason: 'known-bad',
  published: digestOf('b'),
  build: { version: 'v1.3.0', revision: '982c388', source: null, created: null },
});
const FAILED = deploymentOf({
  id: 'x',
  state: 'rolled-back',
  reason: 'task-failed',
  failure: {
    message: 'task: non-zero exit (3)',
    node: 'n1',
    nodeName: 'swarm-2',
    exitCode: 3,
    log: ['boom\u0007\u001b]0;x\u0007'],
  },
  steps: [
    { at: '2026-01-01T10:00:00.000Z', step: 'update-sent', detail: { phase: 'forward' } },
    {
      at: '2026-01-01T10:00:05.000Z',
      step: 'tasks',
      detail: { tasks: [{ id: 't', node: 'n1', slot: 2, state: 'failed', error: 'exit (3)' }] },
    },
  ],
  changes: [{ path: 'TaskTemplate.ContainerSpec.Image', before: 'web:v1', after: null }],
});

const DELIVERY = {
  id: '01a20809-fff4-7000-afe5-6a1b2c3d4e5f',
  sender: 'docker-hub',
  secret: 'main',
  receivedAt: '2026-01-01T10:00:00.000Z',
  address: '2001:db8::1234:5678',
  duplicateOf: null,
  ignored: [],
  deployments: [],
  pushes: [{ image: 'docker.io/acme/web:v1', results: [] }],
};

const startHelper = () =>
  startFakeHelper(({ path }) => {
    const lists: Readonly<Record<string, readonly unknown[]>> = {
      services: [SERVICE],
      deployments: [FAILED],
      clusters: [{ name: 'default', state: 'up', problem: null }],
      runs: [runOf({ counts: { current: 51, obsolete: 7 }, reason: 'a reason '.repeat(20) })],
      freezes: [],
      deliveries: [DELIVERY],
    };
    const name = path.slice('/api/v1/'.length);
    if (name === 'deployments/x') return { body: FAILED };
    return { body: { items: lists[name] ?? [], next: null } };
  });

it.each(
  ['status', 'history', 'deployments', 'runs', 'deliveries'].flatMap((name) =>
    [120, 80, 60].map((columns) => [name, columns] as const),
  ),
)('the table of %s fits on a terminal of %i columns', async (name, columns) => {
  await using helper = await startHelper();
  const { out } = await runCli([name, '--url', helper.url], { columns });
  for (const line of out.split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
});

it.each([
  ['status', SERVICE.name],
  ['history', SERVICE.name],
  ['deployments', 'x'],
])(
  '%s of one says everything without colour, and nothing that a terminal obeys',
  async (...argv) => {
    await using helper = await startHelper();
    const args = [...argv, '--url', helper.url];
    const piped = await runCli(args);
    const shown = await runCli(args, { columns: 40, env: { NO_COLOR: '1' } });
    const coloured = await runCli(args, { columns: 40 });
    for (const { out } of [piped, shown]) expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(shown.out).toContain('boom');
    expect(stripVTControlCharacters(coloured.out)).toBe(shown.out);
    expect(coloured.out).toContain('\u001b[');
  },
);

it('the story of a deployment tells tasks and changes in words', async () => {
  await using helper = await startHelper();
  const { out } = await runCli(['deployments', 'x', '--url', helper.url]);
  expect(out).toMatch(/^ {2}node +swarm-2$/m);
  expect(out).toContain('slot 2 on n1: failed, exit (3)\n');
  expect(out).toContain('changed  TaskTemplate.ContainerSpec.Image: web:v1 → nothing\n');
});
