import { expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { recordBuild } from '../../store/deployments/deployments.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { queueDeployment } from '../../store/deployments/queue-deployment.ts';
import { latestDeployments } from '../../store/deployments/read-deployments.ts';
import type { CheckedService } from './check-services.ts';
import { showServices } from './show-services.ts';

const [A, B, C] = ['a', 'b', 'c'].map(digestOfChar);

it('tells what the running digest was built from, and not what the last deployment brought', async () => {
  const store = await openTestStore();
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
    const checked: CheckedService = {
      service: makeService(),
      image: null,
      tasks: [makeTask({ digest: digest ?? null })],
      knownDigest: null,
      lookup: null,
      members: null,
      verdict: { verdict: 'current' },
    };
    const latest = await latestDeployments(store.db, 'one');
    const told = { published: null, checkedAt: null };
    const [shown] = await showServices(
      { db: store.db, cluster: 'one' },
      [checked],
      latest,
      () => told,
    );
    return shown?.build?.version;
  };
  expect(await running(B)).toBe('v2');
  expect(await running(A)).toBe('v1');
  expect(await running(C)).toBeUndefined();
  await store.close();
});
