import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { BURST_LONGEST_MS, FOLLOW_UPS_MS } from '../../../src/core/check/check-timing.ts';
import {
  digestsBySlot,
  countChecks,
  endedDeployments,
  endedPushes,
} from '../../support/stage/open-stage.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const HOOKS = 21;
const MOST_LOOKS = 2;

describe('hooks in a burst', () => {
  const stage = useStage();

  /** What a distribution registry sends for a push, which names the digest. */
  const notification = (repository: string, digest: string): unknown => ({
    events: [
      {
        id: randomUUID(),
        action: 'push',
        target: {
          mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
          digest,
          repository,
          tag: 'v1',
        },
        request: { host: stage.sandbox.registry.host },
      },
    ],
  });

  test.each([
    ['together', 'named'],
    ['together', 'unnamed'],
    ['one after another', 'named'],
    ['one after another', 'unnamed'],
  ] as const)(
    '21 hooks of one push, sent %s with the digest %s: at most two looks, each service updated once',
    async (how, form) => {
      const { helper, services, sandbox } = stage;
      const name = `burst-${how === 'together' ? 'all' : 'each'}-${form}`;
      const repository = `burst/${name}`;
      const from = (await sandbox.pushImage(repository, 'v1', good(`${name} one`))).digest;
      const names = [`${name}-a`, `${name}-b`];
      await services.deploy(
        ...names.map((service, index) => ({
          name: service,
          image: sandbox.image(repository, 'v1', from),
          replicas: 2 - index,
        })),
      );
      const before = await Promise.all(names.map((service) => services.versionOf(service)));
      const to = (await sandbox.pushImage(repository, 'v1', good(`${name} two`))).digest;

      const image = sandbox.image(repository, 'v1');
      const hook = () =>
        form === 'named'
          ? helper.postHook(notification(repository, to))
          : helper.postHook({ image });
      const begun = performance.now();
      const answers: Response[] = [];
      if (how === 'together') {
        answers.push(...(await Promise.all(Array.from({ length: HOOKS }, hook))));
      } else for (let sent = 0; sent < HOOKS; sent += 1) answers.push(await hook());
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
      const sentInMs = performance.now() - begun;
      expect(sentInMs).toBeLessThan(FOLLOW_UPS_MS[0] ?? 0);

      const looks = await waitUntil(
        async () => {
          const count = await countChecks(sandbox.registry.accessLog, repository, 'v1');
          // The last moment before the first spaced look of a hook that names no digest.
          return performance.now() - begun > (FOLLOW_UPS_MS[0] ?? 0) - 500 ? count : null;
        },
        { what: 'the burst is over', withinMs: 10_000, everyMs: 20 },
      );
      expect(looks).toBeGreaterThan(0);
      // On a machine that takes long to send them they are more than one burst.
      const bursts = Math.ceil(sentInMs / BURST_LONGEST_MS);
      expect(looks).toBeLessThanOrEqual(MOST_LOOKS + bursts - 1);

      for (const service of names) {
        const found = await endedDeployments(helper, service);
        expect(found).toMatchObject([{ state: 'succeeded', from, to }]);
        expect(found[0]?.triggers.length).toBeGreaterThan(0);
        const slots = [...digestsBySlot(await services.tasks(service)).values()];
        expect(slots).toEqual(slots.map(() => [from, to]));
        expect(new Set(await services.runningDigests(service))).toEqual(new Set([to]));
      }
      const after = await Promise.all(names.map((service) => services.versionOf(service)));
      if (form === 'named') {
        const pushes = await endedPushes(helper, image, HOOKS);
        expect(pushes.length).toBe(HOOKS);
        expect(await countChecks(sandbox.registry.accessLog, repository, 'v1')).toBe(looks);
      }
      // The engine counts its own steps too; the tasks above are what shows a restart.
      expect(after.every((version, index) => version > (before[index] ?? 0))).toBe(true);
      await services.remove(...names);
    },
  );

  test('three tags pushed for one image: each service is updated once', async () => {
    const { helper, services, sandbox } = stage;
    const repository = 'burst/tags';
    const tags = ['v1', 'v1.2', 'v1.2.3'];
    const one = await sandbox.uploadImage(repository, good('tags one'));
    await Promise.all(tags.map((tag) => sandbox.moveTag(repository, tag, one.digest)));
    const nameOf = (tag: string): string => `burst-tags-${tag.replaceAll('.', '-')}`;
    await services.deploy(
      ...tags.map((tag) => ({
        name: nameOf(tag),
        image: sandbox.image(repository, tag, one.digest),
      })),
    );
    const two = await sandbox.uploadImage(repository, good('tags two'));
    for (const tag of tags) {
      await sandbox.moveTag(repository, tag, two.digest);
      const answer = await helper.postHook({
        image: sandbox.image(repository, tag),
        digest: two.digest,
      });
      expect(answer.status).toBe(202);
    }
    for (const tag of tags) {
      const [push] = await endedPushes(helper, sandbox.image(repository, tag), 1);
      expect(push?.results).toMatchObject([{ outcome: 'deployed' }]);
      const found = await endedDeployments(helper, nameOf(tag));
      expect(found).toMatchObject([{ state: 'succeeded', to: two.digest }]);
      const slots = [...digestsBySlot(await services.tasks(nameOf(tag))).values()];
      expect(slots).toEqual([[one.digest, two.digest]]);
    }
    await services.remove(...tags.map(nameOf));
  });
});
