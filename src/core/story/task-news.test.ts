import { expect, it } from 'vitest';
import { makeNode, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Node, Task } from '../swarm/service.ts';
import { createTaskNews } from './task-news.ts';

const SENT = Date.parse('2026-01-02T03:04:05.000Z');
const MARK = { intentVersion: 10, madeAfter: SENT };
const at = (ms: number): string => new Date(SENT + ms).toISOString();
const task = (change: Partial<Task>): Task => makeTask({ createdAt: at(100), ...change });
const see = (tasks: readonly Task[] | null, nodes: readonly Node[] | null = null) => ({
  service: makeService(),
  tasks,
  nodes,
  at: null,
});
const node: Node = makeNode({ id: 'n1', hostname: 'host-1' });

it('tells the tasks of the update when they are new and when they stand otherwise', () => {
  const news = createTaskNews();
  const old = task({ id: 'old', createdAt: at(-60_000) });
  const one = task({ id: 'a', slot: 1, nodeId: 'n1', state: 'preparing' });
  expect(news(see([old, one], [node]), MARK)).toMatchObject([
    { id: 'a', slot: 1, node: 'host-1', state: 'preparing', error: null },
  ]);
  expect(news(see([old, one]), MARK)).toEqual([]);
  const failed = { ...one, state: 'failed' as const, error: 'task: non-zero exit (3)' };
  expect(news(see([old, failed]), MARK)).toMatchObject([
    { id: 'a', node: 'host-1', state: 'failed', error: 'task: non-zero exit (3)' },
  ]);
});

it('follows the tasks of an update while the service goes back from it', () => {
  const news = createTaskNews();
  const bad = task({ id: 'bad', state: 'running' });
  news(see([bad]), MARK);
  const back = { intentVersion: 12, madeAfter: SENT + 1_000 };
  const stopped = { ...bad, state: 'shutdown' as const };
  const good = task({ id: 'good', createdAt: at(2_000), state: 'running' });
  const before = task({ id: 'before', createdAt: at(-1_000) });
  const later = makeService({ update: null });
  expect(
    news({ service: later, tasks: [before, stopped, good], nodes: null, at: null }, back),
  ).toMatchObject([
    { id: 'bad', state: 'shutdown' },
    { id: 'good', state: 'running' },
  ]);
});

it('tells nothing where the cluster tells no tasks', () => {
  expect(createTaskNews()(see(null), MARK)).toEqual([]);
});

it('tells only so many, at once and in all, and no error that is without end', () => {
  const news = createTaskNews();
  let told = 0;
  for (let round = 0; round < 40; round += 1) {
    const tasks = Array.from({ length: 80 }, (_, index) =>
      task({ id: `t${index}`, error: `${round} ${'x'.repeat(5_000)}` }),
    );
    const now = news(see(tasks), MARK);
    expect(now.length).toBeLessThanOrEqual(50);
    for (const { error } of now) expect(error?.length).toBeLessThanOrEqual(300);
    told += now.length;
  }
  expect(told).toBe(500);
});
