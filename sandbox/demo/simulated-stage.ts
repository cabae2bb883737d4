import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../src/core/image/digest.ts';
import { startFakeEngine } from '../../test/support/fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../../test/support/fake-registry/fake-registry.ts';
import { fakeImage } from '../../test/support/fake-registry/images.ts';
import { claimFolder, FOLDER_PREFIX, removeLeftovers } from '../machine/leftovers.ts';
import { REPOSITORY, SERVICES, type Stage, TAG, type Version } from './stage.ts';

const SECOND_IN_NS = 1_000_000_000;
const HOOK_WITHIN_MS = 5000;

/** Reports a push like a distribution registry. */
const notification = (registryHost: string, digest: Digest, mediaType: string) => ({
  events: [
    {
      id: randomUUID(),
      timestamp: new Date().toISOString(),
      action: 'push',
      target: { mediaType, digest, repository: REPOSITORY, tag: TAG },
      request: { host: registryHost, method: 'PUT', useragent: 'demo' },
      actor: {},
      source: { addr: registryHost },
    },
  ],
});

/** A simulated engine and registry in this process, for machines that cannot run real ones. */
export const openSimulatedStage = async (): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  claimFolder(folder);
  process.once('exit', () => removeLeftovers(folder));
  const engine = await startFakeEngine({ pace: 'real' });
  const registry = await startFakeRegistry();
  let hookUrl: string | undefined;

  const publish = ({ name, crashes }: Version) => {
    const image = fakeImage(name, { labels: { 'org.opencontainers.image.version': name } });
    const digest = registry.setTag(REPOSITORY, TAG, image);
    if (crashes) engine.setOutcome(digest, { kind: 'crash', exitCode: 3, afterMs: 1000 });
    return { digest, mediaType: image.mediaType };
  };

  return {
    description: [`a simulated engine, ${engine.url}`, `a simulated registry, ${registry.origin}`],
    folder,
    engineUrl: engine.url,
    registryHost: registry.host,
    deploy: async (version) => {
      const { digest } = publish(version);
      const image = `${registry.host}/${REPOSITORY}:${TAG}@${digest}`;
      const update = { Parallelism: 1, Monitor: 2 * SECOND_IN_NS, FailureAction: 'rollback' };
      for (const service of SERVICES) engine.addService({ ...service, image, update });
      return digest;
    },
    notify: async (url) => {
      hookUrl = url;
    },
    push: async (version) => {
      const { digest, mediaType } = publish(version);
      if (hookUrl !== undefined) {
        const answer = await fetch(hookUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/vnd.docker.distribution.events.v1+json' },
          body: JSON.stringify(notification(registry.host, digest, mediaType)),
          signal: AbortSignal.timeout(HOOK_WITHIN_MS),
        });
        if (!answer.ok) throw new Error(`the helper answered ${answer.status} to the hook`);
      }
      return digest;
    },
    runningDigests: async (service) => engine.running(service),
    stop: async () => {
      await Promise.all([engine.close(), registry.close()]);
      removeLeftovers(folder);
    },
  };
};
