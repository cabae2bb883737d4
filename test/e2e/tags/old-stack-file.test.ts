import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { movesOf, tagOfSpec } from '../../support/fake-registry/tag-scheme.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const REPOSITORY = 'old/web';
const SERVICE = 'old_web';
const BETWEEN_DEPLOYS_MS = 2_000;
/** The actor deploys so often after the last push, so that whatever goes to and fro is seen. */
const DEPLOYS_AFTER = 3;

describe('somebody who deploys an old stack file every few seconds', () => {
  const stage = useStage();

  const stackFile = (): string => {
    const file = join(stage.folder, 'old.yml');
    writeFileSync(
      file,
      `version: '3.8'
services:
  web:
    image: ${stage.sandbox.image(REPOSITORY, 'v1.3.0')}
    networks: [host]
    deploy:
      endpoint_mode: dnsrr
      labels: { cd-helper.track: 'semver:1.x' }
      update_config: { monitor: 300ms }
networks:
  host: { external: true, name: host }
`,
    );
    return file;
  };
  const present = async (): Promise<string> =>
    tagOfSpec((await stage.services.inspect(SERVICE)).Spec.TaskTemplate.ContainerSpec.Image);

  test('is not undone, and each push moves the service at most once', async () => {
    const { sandbox, services, helper } = stage;
    const { docker } = sandbox.engines[0];
    await sandbox.pushImage(REPOSITORY, 'v1.3.0', good('old 1.3.0'));
    const file = stackFile();
    /** Whoever comes too late deploys again. */
    const deploy = async (): Promise<void> => {
      await waitUntil(
        async () => {
          try {
            return await docker('stack', 'deploy', '--compose-file', file, 'old');
          } catch (error) {
            if (String(error).includes('out of sequence')) return null;
            throw error;
          }
        },
        { what: 'the old file is deployed', withinMs: 30_000 },
      );
    };
    await deploy();
    await services.converged(SERVICE);

    const over = new AbortController();
    let deploys = 0;
    const actor = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await delay(BETWEEN_DEPLOYS_MS, undefined, { signal: over.signal }).catch(() => {});
        if (over.signal.aborted) return;
        await deploy();
        deploys += 1;
      }
    };
    const acting = actor();
    const tags = ['v1.4.0', 'v1.4.1', 'v1.4.2'];
    try {
      for (const tag of tags) {
        const { digest } = await sandbox.pushImage(REPOSITORY, tag, good(`old ${tag}`));
        const hook = { image: sandbox.image(REPOSITORY, tag), digest };
        await endedDelivery(helper, await helper.postHook(hook));
        await endedDeployments(helper, SERVICE);
        // The sender repeats itself, as senders do.
        await endedDelivery(helper, await helper.postHook(hook));
      }
      const seen = deploys;
      await waitUntil(async () => (deploys >= seen + DEPLOYS_AFTER ? true : null), {
        what: 'the old file was deployed a few times more',
        withinMs: 60_000,
        everyMs: 100,
      });
    } finally {
      over.abort();
      await acting;
    }
    const all = await endedDeployments(helper, SERVICE);
    const went = all.map(({ toTag }) => toTag);
    expect(went).toEqual(tags.filter((tag) => went.includes(tag)));
    expect(went).toContain('v1.4.2');

    // The person has the last word, and everybody is told.
    await deploy();
    await waitUntil(async () => ((await present()) === 'v1.3.0' ? true : null), {
      what: 'the old tag is back',
      withinMs: 30_000,
    });
    await services.converged(SERVICE);
    const { tracking } = await helper.get<ServiceView>(`/clusters/default/services/${SERVICE}`);
    expect(tracking).toMatchObject({
      policy: 'semver:1.x',
      newest: 'v1.4.2',
      ran: { tag: 'v1.4.2' },
      whyNot: expect.stringContaining('the stack file says v1.3.0'),
    });
    const card = await runCommand(helper, 'status', SERVICE);
    expect(card.stdout).toMatch(/stack file says v1\.3\.0, ran v1\.4\.2 since /);

    // The next push moves it on; what runs then is written down, and deployed with the old file it stays.
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1.5.0', good('old 1.5.0'));
    const image = sandbox.image(REPOSITORY, 'v1.5.0');
    await helper.postHook({ image, digest });
    const moved = await endedDeployments(helper, SERVICE, all.length + 1);
    expect(movesOf(moved).at(-1)).toBe('v1.3.0 → v1.5.0 succeeded');
    const override = join(stage.folder, 'running.yml');
    const { stdout } = await runCommand(helper, 'export', '--stack', 'old', '--compose', '3.8');
    expect(stdout).toContain(`image: ${image}@${digest}`);
    writeFileSync(override, stdout);
    await docker('stack', 'deploy', '--compose-file', file, '--compose-file', override, 'old');
    await services.converged(SERVICE, { digest });
    expect(await present()).toBe('v1.5.0');
    await docker('stack', 'rm', 'old');
  });
});
