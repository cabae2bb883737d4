import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { textWidth } from '../../../src/cli/output/cell-text.ts';
import { deploymentOf, digestOf, runOf, serviceOf } from '../../support/http/api-samples.ts';
import { startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';

/** Longer than a column for it. */
const NAME = 'shop_inventory-reconciliation-worker';
const SERVICE = serviceOf({
  name: `${NAME}\u001b[2J`,
  stack: 'shop',
  verdict: 'held',
  reason: 'known-bad',
  published: digestOf('b'),
  build: { version: 'v1.3.0', revision: '982c388', source: null, created: null },
});
const FAILED = deploymentOf({
  id: 'x',
  service: { id: 'x8', name: NAME },
  queuedAt: '2025-11-30T10:00:00.000Z',
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

const LONG_ID = '01a20809-0123-7000-afe5-6a1b2c3d4e5f';

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

const RUN = runOf({ counts: { current: 51, obsolete: 7 }, reason: 'a reason '.repeat(20) });

const startHelper = () =>
  startFakeHelper(({ path }) => {
    const lists: Readonly<Record<string, readonly unknown[]>> = {
      services: [SERVICE],
      deployments: [{ ...FAILED, id: LONG_ID }],
      clusters: [{ name: 'default', state: 'up', problem: null }],
      runs: [RUN],
      freezes: [],
      deliveries: [DELIVERY, { ...DELIVERY, duplicateOf: DELIVERY.id }],
    };
    const name = path.slice('/api/v1/'.length);
    if (name === 'deployments/x') return { body: FAILED };
    return { body: { items: lists[name] ?? [], next: null } };
  });

const WIDTHS = [160, 120, 100, 80, 60, 40];

it.each([
  ['status', [NAME, 'known-bad']],
  ['history', [NAME, '2025-11-30', 'rolled-back']],
  ['deployments', [NAME, LONG_ID, '2025-11-30', 'rolled-back']],
  ['runs', [RUN.id, 'done']],
  ['deliveries', [DELIVERY.id, 'acme/web:v1']],
])('the table of %s fits on a terminal, and what people copy is whole', async (name, whole) => {
  await using helper = await startHelper();
  for (const columns of WIDTHS) {
    const { out } = await runCli([name, '--url', helper.url], { columns });
    const lines = stripVTControlCharacters(out).split('\n');
    for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
    const words = lines.flatMap((line) => line.split(/ +/));
    for (const word of whole) expect(words, `${columns} columns`).toContain(word);
  }
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
    for (const { out } of [piped, shown]) expect(out).toContain('boom');
    expect(stripVTControlCharacters(coloured.out)).toBe(shown.out);
    expect(coloured.out).toContain('\u001b[');
  },
);

it('the story of a deployment tells tasks and changes in words', async () => {
  await using helper = await startHelper();
  const { out } = await runCli(['deployments', 'x', '--url', helper.url]);
  expect(out).toMatch(/^ {2}node +swarm-2$/m);
  expect(out).toContain('slot 2 on n1: failed: exit (3)\n');
  expect(out).toContain('changed   TaskTemplate.ContainerSpec.Image: web:v1 → nothing\n');
});
