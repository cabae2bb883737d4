import { expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../test/support/make-service.ts';
import type { BuildFacts } from '../core/published.ts';
import { recordBuild } from '../store/deployments.ts';
import { openStore } from '../store/open-store.ts';
import { queueDeployment } from '../store/queue-deployment.ts';
import { latestDeployments } from '../store/read-deployments.ts';
import { withBuilds } from './build-of-running.ts';
import { toServiceView } from './service-view.ts';

const [A, B, C] = ['a', 'b', 'c'].map(digestOfChar);

it('tells what the running digest was built from, and not what the last deployment brought', async () => {
  const store = openStore(':memory:');
  const deploy = async (to: typeof A, version: string): Promise<void> => {
    const { id } = await queueDeployment(
      store.db,
      {
        id: version,
        cluster: 'one',
        service: makeService(),
        image: { registry: 'docker.io', repository: 'acme/web', tag: 'v1' },
        from: null,
        to: to ?? null,
        cause: 'digest-differs',
        triggers: [],
      },
      0,
    );
    const build: BuildFacts = { version, revision: null, source: null, created: null };
    await recordBuild(store.db, id, build);
  };
  await deploy(A, 'v1');
  await deploy(B, 'v2');

  const running = async (digest: typeof A): Promise<string | null | undefined> => {
    const view = toServiceView({
      cluster: 'one',
      service: makeService(),
      tasks: null,
      verdict: { verdict: 'current' },
      published: null,
      checkedAt: null,
      knownDigest: null,
      deployment: null,
    });
    const views = [{ ...view, running: digest ?? null }];
    const [told] = await withBuilds(store.db, views, await latestDeployments(store.db, 'one'));
    return told?.build?.version;
  };
  expect(await running(B)).toBe('v2');
  expect(await running(A)).toBe('v1');
  expect(await running(C)).toBeUndefined();
  await store.close();
});
