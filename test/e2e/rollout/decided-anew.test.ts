import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { type EngineProxy, startEngineProxy } from '../../chaos/engine-proxy.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

describe('an update that the engine refuses for some seconds, while somebody else deploys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'decided-anew-'));
  let proxy: EngineProxy;
  const stage = useStage(async () => {
    const [{ socket }] = ownSandbox().engines;
    proxy = await startEngineProxy(socket, join(folder, 'proxy.sock'));
    return { env: { CD_HELPER_ENGINE_URL: proxy.url } };
  });
  afterAll(async () => {
    await proxy.close();
    rmSync(folder, { recursive: true });
  });

  /** Refuses updates to this digest; gives how many were. */
  const refuse = (digest: Digest): (() => number) => {
    let refused = 0;
    proxy.setOnUpdate(async (moment, body) => {
      if (moment === 'after' || !body.includes(digest)) return 'pass';
      refused += 1;
      return 'refuse';
    });
    return () => refused;
  };

  /** As `docker service update --image` does it, beside the helper. */
  const deployBehind = async (name: string, image: string): Promise<void> => {
    const { api } = stage.sandbox.engines[0];
    const { ID, Version, Spec } = await api.call<EngineService>('GET', `/services/${name}`);
    const spec = structuredClone(Spec) as { TaskTemplate: { ContainerSpec: { Image: string } } };
    spec.TaskTemplate.ContainerSpec.Image = image;
    await api.call('POST', `/services/${ID}/update?version=${Version.Index}`, { body: spec });
  };

  const play = async (name: string) => {
    const { sandbox, services } = stage;
    const repository = `anew/${name}`;
    const image = (digest?: Digest): string => sandbox.image(repository, 'v1', digest);
    const { digest: a } = await sandbox.pushImage(repository, 'v1', good(`${name} a`));
    await deploySettled(services, { name, image: image(a), monitorMs: 1_000 });
    return { sandbox, services, repository, image, a };
  };
  const refusedTwice = (refused: () => number): Promise<true> =>
    waitUntil(async () => (refused() >= 2 ? true : null), {
      what: 'the update is refused, and sent again',
      withinMs: 60_000,
      everyMs: 20,
    });

  test('what waits is not deployed over it', async () => {
    const { sandbox, services, repository, image, a } = await play('waits');
    const { digest: b } = await sandbox.pushImage(repository, 'v1', good('waits b'));
    const refused = refuse(b);
    await stage.helper.postHook({ image: image(), digest: b });
    await refusedTwice(refused);
    const { digest: c } = await sandbox.pushImage(repository, 'v1', good('waits c'));
    await deployBehind('waits', image(c));
    const version = await services.versionOf('waits');
    const all = await endedDeployments(stage.helper, 'waits');
    expect(all).toMatchObject([
      { state: 'skipped', reason: 'no-longer-published', from: a, to: b },
    ]);
    await services.converged('waits', { digest: c });
    const { Spec } = await services.inspect('waits');
    expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(image(c));
    // Nobody but the engine wrote the service since.
    expect(await services.versionOf('waits')).toBeGreaterThanOrEqual(version);
    await services.remove('waits');
  });

  test('a revert leaves it as it is', async () => {
    const { sandbox, services, repository, image, a } = await play('reverts');
    const bad = crashing('reverts b', { afterMs: 100 });
    const { digest: b } = await sandbox.pushImage(repository, 'v1', bad);
    const refused = refuse(a);
    await stage.helper.postHook({ image: image(), digest: b });
    await refusedTwice(refused);
    const { digest: c } = await sandbox.pushImage(repository, 'v1', good('reverts c'));
    await deployBehind('reverts', image(c));
    const all = await endedDeployments(stage.helper, 'reverts');
    expect(all).toMatchObject([{ state: 'failed', reason: 'task-failed', from: a, to: b }]);
    await services.converged('reverts', { digest: c });
    await services.remove('reverts');
  });
});
