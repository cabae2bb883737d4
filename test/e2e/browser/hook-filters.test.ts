import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';
import { type Desk, useDesk } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');
const OTHER_SECRET = 'another-path-secret-for-tests-only-012345678';
const NAME = 'filters_web';
const REPOSITORY = 'filters/web';
const PULLS = 3;

/** What a registry says each time that a node pulls. */
const pullEvent = (host: string, id: number) => ({
  events: [
    {
      id: `pull-${id}`,
      timestamp: '2026-03-01T10:00:00Z',
      action: 'pull',
      target: {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        digest: `sha256:${'d'.repeat(64)}`,
        repository: REPOSITORY,
        tag: 'v1',
      },
      request: { id: `request-${id}`, host, method: 'GET' },
    },
  ],
});

describe.skipIf(without !== null)('the filters of the hooks page, in a browser', () => {
  const desks = useDesk({
    env: { CD_HELPER_HOOK_SECRET: '' },
    secrets: [HOOK_SECRET, OTHER_SECRET],
    config: {
      hooks: {
        secrets: [
          { name: 'ci', value: HOOK_SECRET },
          { name: 'registry', value: OTHER_SECRET },
        ],
      },
    },
  });

  beforeAll(async () => {
    const { sandbox, services, helper } = desks.stage;
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1', good('1.0.0'));
    await services.deploy({ name: NAME, image: sandbox.image(REPOSITORY, 'v1', digest) });
    const next = await sandbox.pushImage(REPOSITORY, 'v1', good('1.1.0'));
    // Led to a deployment, by the first secret.
    const push = { image: sandbox.image(REPOSITORY, 'v1'), digest: next.digest };
    await endedDelivery(helper, await helper.postHook(push));
    await endedDeployments(helper, NAME);
    const post = (body: unknown, type = 'application/json') =>
      fetch(`${helper.url}/hooks/${OTHER_SECRET}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(body),
      });
    // No service runs it, by the second.
    await endedDelivery(helper, await post({ image: sandbox.image('filters/nobody', 'v7') }));
    const type = 'application/vnd.docker.distribution.events.v2+json';
    for (let id = 0; id < PULLS; id += 1) {
      const answer = await post(pullEvent(sandbox.registry.host, id), type);
      expect(answer.status).toBe(200);
    }
  });

  const rows = (desk: Desk) =>
    desk.page.getByRole('table', { name: 'Deliveries' }).locator('[role=row].row');
  /** Waits until just these rows are left, the titles' among them. */
  const expectRows = async (desk: Desk, ...texts: readonly string[]): Promise<void> => {
    for (const text of texts) await desk.row('Deliveries', text).first().waitFor();
    await rows(desk)
      .nth(texts.length + 1)
      .waitFor({ state: 'detached' });
    expect(await rows(desk).count()).toBe(texts.length + 1);
  };
  const open = async (): Promise<Desk> => {
    const desk = await desks.enter(undefined, { viewport: { width: 1280, height: 720 } });
    await desk.go('hooks');
    await expectRows(desk, REPOSITORY, 'filters/nobody');
    return desk;
  };

  test('deliveries without a push are counted, shown on request, and left out again', async () => {
    const desk = await open();
    const { page } = desk;
    await page.getByText(`${PULLS} deliveries without a push are not shown.`).waitFor();
    await page.getByRole('link', { name: 'Show ignored' }).click();
    await desk
      .row('Deliveries', 'ignored')
      .nth(PULLS - 1)
      .waitFor();
    await rows(desk)
      .nth(PULLS + 1)
      .waitFor({ state: 'detached' });
    expect(page.url()).toContain('outcome=ignored');
    expect(await page.getByLabel('Outcome').inputValue()).toBe('ignored');
    await page.getByLabel('Outcome').selectOption('');
    await expectRows(desk, REPOSITORY, 'filters/nobody');
  });

  test('by outcome', async () => {
    const desk = await open();
    const outcome = desk.page.getByLabel('Outcome');
    await outcome.selectOption('deployed');
    await expectRows(desk, REPOSITORY);
    await desk.row('Deliveries', REPOSITORY).getByText('led to a deployment').waitFor();
    await outcome.selectOption('no-service');
    await expectRows(desk, 'filters/nobody');
    await outcome.selectOption('frozen');
    await desk.page.getByText('No delivery matches.').waitFor();
    await desk.page.getByRole('button', { name: 'Show all' }).click();
    await expectRows(desk, REPOSITORY, 'filters/nobody');
    expect(desk.page.url()).not.toContain('outcome');
  });

  test('by image, with and without its tag', async () => {
    const desk = await open();
    const { host } = desks.stage.sandbox.registry;
    const image = desk.page.getByLabel('Image');
    await image.fill(`${host}/${REPOSITORY}`);
    await expectRows(desk, REPOSITORY);
    await image.fill(`${host}/${REPOSITORY}:v2`);
    await desk.page.getByText('No delivery matches.').waitFor();
    await image.fill(`${host}/filters/nobody:v7`);
    await expectRows(desk, 'filters/nobody');
  });

  test('by secret, and together with others, as the address says', async () => {
    const desk = await open();
    const { page } = desk;
    await page.getByLabel('Secret', { exact: true }).selectOption('ci');
    await expectRows(desk, REPOSITORY);
    // Of those that the secret let in.
    expect(await page.getByText('without a push').count()).toBe(0);
    await page.getByLabel('Secret', { exact: true }).selectOption('registry');
    await expectRows(desk, 'filters/nobody');
    await page.getByText(`${PULLS} deliveries without a push are not shown.`).waitFor();
    const { url } = desks.stage.helper;
    await page.goto(`${url}/#/hooks?secret=registry&outcome=deployed`);
    await page.getByText('No delivery matches.').waitFor();
    await page.goto(`${url}/#/hooks?secret=ci&outcome=deployed`);
    await expectRows(desk, REPOSITORY);
  });
});
