import { setTimeout as delay } from 'node:timers/promises';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import { type Digest, parseDigest } from '../../../src/core/image/digest.ts';
import { brief, type Story } from './story.ts';

const EVERY_MS = 100;
const ANSWER_WITHIN_MS = 2_000;

const digestOf = (service: EngineService): Digest | null =>
  parseDigest(service.Spec.TaskTemplate.ContainerSpec.Image.split('@')[1] ?? '');

/** The services from the first engine that answers; null if none does. */
const listed = async (engines: readonly Engine[]): Promise<readonly EngineService[] | null> => {
  for (const { api } of engines) {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      return await api.call<readonly EngineService[]>('GET', '/services', { signal });
    } catch {
      // This engine is stopped or has no leader. Another may answer.
    }
  }
  return null;
};

/** Records every change of a service's image until `signal` fires. `engines` returns the engines to ask. */
export const watchImages = async (
  engines: () => readonly Engine[],
  story: Story,
  signal: AbortSignal,
): Promise<void> => {
  const last = new Map<string, { readonly digest: Digest | null; readonly index: number }>();
  while (!signal.aborted) {
    for (const service of (await listed(engines())) ?? []) {
      const { Name } = service.Spec;
      const before = last.get(Name);
      const now = { digest: digestOf(service), index: service.Version.Index };
      // A manager that lags behind reports an old state.
      if (before !== undefined && now.index < before.index) continue;
      last.set(Name, now);
      if (before === undefined || before.digest === now.digest) continue;
      const byEngine = service.UpdateStatus?.State?.startsWith('rollback') === true;
      story.changes.push({
        service: Name,
        at: Date.now(),
        from: before.digest,
        to: now.digest,
        byEngine,
      });
      const who = byEngine ? ' (the engine goes back)' : '';
      story.tell(`seen: ${Name} ${brief(before.digest)} → ${brief(now.digest)}${who}`);
    }
    await delay(EVERY_MS);
  }
};
