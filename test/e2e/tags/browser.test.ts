import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { useDesk } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');
const NAME = 'followed_web';
/** No other file pushes to it, because the page counts its tags. Files of one worker share a registry. */
const REPOSITORY = 'followed/web';

describe.skipIf(without !== null)('a service that follows tags, in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1.3.0', good('followed 1.3.0'));
    await services.create({
      name: NAME,
      image: sandbox.image(REPOSITORY, 'v1.3.0', digest),
      labels: { 'cd-helper.track': 'semver:1.x' },
      monitorMs: 300,
    });
    await services.converged(NAME);
  });

  test('a dry run says where it would move and why, and pages show both tags', async () => {
    const { sandbox, services, helper } = desks.stage;
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1.4.2', good('followed 1.4.2'));
    const desk = await desks.enter();
    const { page } = desk;
    await desk.go('smart-redeploy');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('heading', { name: 'Dry run' }).waitFor();
    const found = desk.row('Services of the run', NAME);
    await found.getByText('v1.4.2').waitFor();
    await found.getByText('matches semver:1.x, newest of 2 tags').waitFor();
    await page.getByRole('button', { name: /^Deploy all/ }).click();
    const dialog = desk.dialog('Deploy 1 service');
    await dialog.getByText('v1.4.2').waitFor();
    await dialog.getByRole('button', { name: 'Deploy 1 service' }).click();
    await dialog.getByRole('link', { name: 'Follow the run' }).click();
    const deployed = desk.row('Deployments of the run', NAME);
    await deployed.getByText('succeeded').waitFor();
    await deployed.getByText('from v1.3.0').waitFor();
    await endedDeployments(helper, NAME);
    expect(await services.runningDigests(NAME)).toEqual([digest]);

    await desk.go(`services/default/${NAME}`);
    const tags = page.getByRole('region', { name: 'Follows tags' });
    await tags.getByText('semver:1.x').waitFor();
    await tags.getByText('v1.4.2').waitFor();
    await services.remove(NAME);
  });
});
