import { expect, it } from 'vitest';
import { makeNode, makeService, makeTask } from '../../test/support/make-service.ts';
import type { Node, Task } from './service.ts';
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
  const news = createTaskNews(MARK);
  const old = task({ id: 'old', createdAt: at(-60_000) });
  const one = task({ id: 'a', slot: 1, nodeId: 'n1', state: 'preparing' });
  expect(news(see([old, one], [node]))).toMatchObject([
    { id: 'a', slot: 1, node: 'host-1', state: 'preparing', error: null },
  ]);
  expect(news(see([old, one]))).toEqual([]);
  const failed = { ...one, state: 'failed' as const, error: 'task: non-zero exit (3)' };
  expect(news(see([old, failed]))).toMatchObject([
    { id: 'a', node: 'host-1', state: 'failed', error: 'task: non-zero exit (3)' },
  ]);
});

it('tells nothing where the cluster tells no tasks', () => {
  expect(createTaskNews(MARK)(see(null))).toEqual([]);
});

it('tells only so many, at once and in all, and no error that is without end', () => {
  const news = createTaskNews(MARK);
  let told = 0;
  for (let round = 0; round < 40; round += 1) {
    const tasks = Array.from({ length: 80 }, (_, index) =>
      task({ id: `t${index}`, error: `${round} ${'x'.repeat(5_000)}` }),
    );
    const now = news(see(tasks));
    expect(now.length).toBeLessThanOrEqual(50);
    for (const { error } of now) expect(error?.length).toBeLessThanOrEqual(300);
    told += now.length;
  }
  expect(told).toBe(500);
});
