import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useDesk } from '../../support/browser/use-desk.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';

const without = await whyWithout('chromium');
const NAMES = ['acts_one', 'acts_two'] as const;

describe.skipIf(without !== null)('an operator acts, in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    for (const name of NAMES) {
      const { digest } = await sandbox.pushImage(`acts/${name}`, 'v1', good(`${name} first`));
      await services.create({ name, image: sandbox.image(`acts/${name}`, 'v1', digest) });
    }
    for (const name of NAMES) await services.converged(name);
  });

  const publish = async (name: string, version: string): Promise<string> =>
    (await desks.stage.sandbox.pushImage(`acts/${name}`, 'v1', good(`${name} ${version}`))).digest;
  const hook = (name: string): Promise<Response> =>
    desks.stage.helper.postHook({ image: desks.stage.sandbox.image(`acts/${name}`, 'v1') });

  test('SmartRedeploy: a dry run, one of two chosen, deployed and followed to its end', async () => {
    const { helper, services } = desks.stage;
    const [one, two] = NAMES;
    const untouched = await services.versionOf(two);
    const digest = await publish(one, 'second');
    await publish(two, 'second');
    const desk = await desks.enter();
    const { page } = desk;
    await desk.go('smart-redeploy');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('heading', { name: 'Dry run' }).waitFor();
    const found = desk.row('Services of the run', one);
    await found.getByText('obsolete').waitFor();
    expect(await helper.deployments()).toEqual([]);
    await page.getByRole('checkbox', { name: `Deploy ${two}` }).uncheck();
    await page.getByRole('button', { name: 'Deploy chosen 1 of 2' }).click();
    const dialog = desk.dialog('Deploy 1 service');
    await dialog.getByText(`default, ${one}`).waitFor();
    expect(await dialog.getByText(two).count()).toBe(0);
    await dialog.getByRole('button', { name: 'Deploy 1 service' }).click();
    await dialog.getByRole('link', { name: 'Follow the run' }).click();
    await page.getByRole('heading', { name: 'SmartRedeploy run' }).waitFor();
    await desk.row('Deployments of the run', one).getByText('succeeded').waitFor();
    await page.getByText('1 of 1').last().waitFor();
    await page
      .getByRole('heading', { name: /SmartRedeploy run/ })
      .locator('..')
      .getByText('done')
      .waitFor();
    expect(await services.runningDigests(one)).toEqual([digest]);
    expect(await services.versionOf(two)).toBe(untouched);
  });

  test('a freeze keeps a push back, and lifting it lets the push through', async () => {
    const [, two] = NAMES;
    const desk = await desks.enter();
    const { page } = desk;
    await desk.go('health');
    await page.getByRole('button', { name: 'Freeze…' }).click();
    const dialog = desk.dialog('Freeze deployments');
    expect(await dialog.getByRole('button', { name: 'Freeze', exact: true }).isDisabled()).toBe(
      true,
    );
    await dialog.getByLabel('Reason').fill('sale until Monday');
    await dialog.getByRole('button', { name: 'Freeze', exact: true }).click();
    await dialog.getByRole('status').getByText('Frozen').waitFor();
    await dialog.getByText('Close', { exact: true }).click();
    const digest = await publish(two, 'third');
    await hook(two);
    await desk.go('hooks');
    await desk.row('Deliveries', `acts/${two}`).getByText('frozen').waitFor();
    await desk.go(`services/default/${two}`);
    await page.getByText('Frozen by token oncall').waitFor();
    expect(await desk.act('Lift the freeze', two, 'Lift it')).toContain('Lifted');
    await desk.row('History', 'succeeded').waitFor();
    await page.getByRole('main').getByText('current').first().waitFor();
    expect(await desks.stage.services.runningDigests(two)).toEqual([digest]);
  });

  test('a service that is frozen is left alone, and a person may insist', async () => {
    const { services } = desks.stage;
    const [one] = NAMES;
    const desk = await desks.enter();
    await desk.go(`services/default/${one}`);
    const dialog = await desk.openAct('Freeze', one);
    await dialog.getByLabel('Reason').fill('being looked into');
    await dialog.getByRole('button', { name: 'Freeze', exact: true }).click();
    await dialog.getByRole('status').getByText('Frozen').waitFor();
    await dialog.getByText('Close', { exact: true }).click();
    const digest = await publish(one, 'third');
    await hook(one);
    await desk.page
      .getByText(/frozen until|there is a freeze/)
      .first()
      .waitFor();
    const redeploy = await desk.openAct('Redeploy', one);
    const confirm = redeploy.getByRole('button', { name: 'Redeploy anyway' });
    expect(await confirm.isDisabled()).toBe(true);
    await redeploy.getByRole('checkbox').check();
    await confirm.click();
    await redeploy.getByText(`${one} is queued`).waitFor();
    await redeploy.getByRole('link', { name: 'Follow the deployment' }).click();
    await desk.page.getByRole('heading', { name: `Deployment of ${one}` }).waitFor();
    await desk.page.getByRole('main').getByText('succeeded').first().waitFor();
    expect(await services.runningDigests(one)).toEqual([digest]);
    await desk.go(`services/default/${one}`);
    await desk.act('Lift the freeze', one, 'Lift it');
  });

  test('a delivery that is replayed deploys what has been published since', async () => {
    const { helper, services } = desks.stage;
    const [, two] = NAMES;
    const before = await helper.deployments(`?service=${two}`);
    const desk = await desks.enter();
    await desk.go('hooks');
    await desk.row('Deliveries', `acts/${two}`).first().getByRole('link').click();
    await desk.page.getByRole('region', { name: 'Body' }).getByText(`acts/${two}`).waitFor();
    const digest = await publish(two, 'fourth');
    await desk.page.getByRole('button', { name: 'Replay' }).click();
    const dialog = desk.dialog('Replay the delivery');
    await dialog.getByRole('button', { name: 'Replay' }).click();
    await dialog.getByRole('status').waitFor();
    await dialog.getByText('Close', { exact: true }).click();
    await endedDeployments(helper, two, before.length + 1);
    expect(await services.runningDigests(two)).toEqual([digest]);
  });
});
