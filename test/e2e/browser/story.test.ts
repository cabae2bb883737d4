import { beforeAll, describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { overflowOf } from '../../support/browser/audit-page.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { keepScreenshot } from '../../support/browser/keep-screenshot.ts';
import { endedDeployments, untilGood } from '../../support/stage/open-stage.ts';
import { runCli } from '../../support/program/run-cli.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';
import { useDesk } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');
const NAME = 'story_web';
const REPOSITORY = 'story/web';
const PHONE = { viewport: { width: 360, height: 740 } };

const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

describe.skipIf(without !== null)('the story of a bad release, read on a phone', () => {
  const desks = useDesk();
  let before: string;
  let bad: string;

  beforeAll(async () => {
    const { sandbox, services, helper } = desks.stage;
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1', good('0.9.0'));
    await services.deploy({
      name: NAME,
      image: sandbox.image(REPOSITORY, 'v1', digest),
      replicas: 2,
      // The engine stops, so that it is the helper that goes back.
      failureAction: 'pause',
      monitorMs: 2_000,
    });
    const well = await sandbox.pushImage(REPOSITORY, 'v1', good('1.0.0'));
    before = well.digest;
    await helper.postHook({ image: sandbox.image(REPOSITORY, 'v1'), digest: before });
    await endedDeployments(helper, NAME);
    await untilGood(helper, NAME, before);
    const pushed = await sandbox.pushImage(REPOSITORY, 'v1', crashing('1.1.0', { afterMs: 300 }));
    bad = pushed.digest;
    await helper.postHook({ image: sandbox.image(REPOSITORY, 'v1'), digest: bad });
    await endedDeployments(helper, NAME, 2);
  }, 180_000);

  test('the deployment’s page counts the good tasks, and shows no dead one as running', async () => {
    const desk = await desks.enter(API_TOKEN, PHONE);
    const { page } = desk;
    const [deployment] = await desks.stage.helper.deployments(`?service=${NAME}`);
    expect(deployment).toMatchObject({ state: 'rolled-back', reason: 'task-failed' });
    await desk.go(`deployments/${deployment?.id ?? ''}`);
    const main = page.getByRole('main');
    await main.getByText('a new task exited unexpectedly').first().waitFor();
    await main.getByText(`The helper reverts the service to ${short(before)}`).waitFor();
    await main.getByText(`the helper reverted the service to ${short(before)}`).waitFor();
    await main
      .getByText(`2 of 2 tasks run ${short(before)}`)
      .first()
      .waitFor();
    // Both may have run the bad one for a moment; what the story ends with is what counts.
    const counted = await main.getByText(/\d of 2 tasks run/).allTextContents();
    expect(counted.at(-1)).toContain(`2 of 2 tasks run ${short(before)}`);
    const live = page
      .getByRole('table', { name: 'Tasks' })
      .getByRole('row')
      .filter({ hasText: short(bad) })
      .filter({ hasText: /running|starting|preparing/ });
    expect(await live.count()).toBe(0);
    expect(await overflowOf(page)).toEqual([]);
    await keepScreenshot(page, 'story-phone');
  });

  test('the service’s page and its deliveries fit on a phone too', async () => {
    const desk = await desks.enter(API_TOKEN, PHONE);
    await desk.go(`services/default/${NAME}`);
    await desk.page.getByText('has failed on this service').waitFor();
    await desk.page.getByRole('button', { name: 'Freeze', exact: true }).waitFor();
    expect(await overflowOf(desk.page)).toEqual([]);
    await desk.go('hooks');
    await desk.page
      .getByRole('table', { name: 'Deliveries' })
      .getByText(REPOSITORY)
      .first()
      .waitFor();
    expect(await overflowOf(desk.page)).toEqual([]);
  });

  test('the command line says the same', async () => {
    const { helper } = desks.stage;
    const env = { CD_HELPER_URL: helper.url, CD_HELPER_API_TOKEN: API_TOKEN };
    const card = await runCli(['status', NAME], { env });
    expect(card.out).toContain(`runs        ${short(before)}`);
    expect(card.out).toMatch(/since {7}.*, when the helper reverted it\n/);
    expect(card.out).toContain(
      `deployed by the helper, which reverted it from ${short(bad)}, deployed by hook\n`,
    );
    const history = await runCli(['history', NAME], { env });
    expect(history.out).toContain('│ sample: giving up with exit code 3');
  });
});
