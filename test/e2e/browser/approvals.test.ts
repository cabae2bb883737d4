import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { overflowOf, violationsOf } from '../../support/browser/audit-page.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { keepScreenshot } from '../../support/browser/keep-screenshot.ts';
import { startReceiver } from '../../support/notify/notify-receiver.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';
import { approach, useDesk, VIEWER_TOKEN } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');
const NAMES = ['pay_one', 'pay_two', 'pay_three'] as const;
const APPROVER_TOKEN = 'an-approver-token-for-tests-only-01234567890';
const NOTHING = { to: '', link: null };
const PHONE = { viewport: { width: 360, height: 740 } };

describe.skipIf(without !== null)('what waits for votes, in browsers', async () => {
  const receiver = await startReceiver();
  const desks = useDesk({
    config: {
      publicUrl: 'http://helper.test',
      api: {
        tokens: [
          { name: 'oncall', role: 'operator', value: API_TOKEN },
          { name: 'lead', role: 'approver', value: APPROVER_TOKEN },
          { name: 'guest', role: 'viewer', value: VIEWER_TOKEN },
        ],
      },
      policies: [
        {
          name: 'payments',
          match: { services: ['pay_*'] },
          approval: { votes: 2, by: ['approver', 'operator'], deadline: '2h' },
        },
      ],
      notifications: [{ name: 'ops', type: 'webhook', url: receiver.url, approve: true }],
    },
  });
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    for (const name of NAMES) {
      const { digest } = await sandbox.pushImage(name, 'v1', good(`${name} first`));
      await services.create({ name, image: sandbox.image(name, 'v1', digest) });
    }
    for (const name of NAMES) await services.converged(name);
    return () => receiver[Symbol.asyncDispose]();
  });

  const publish = async (name: string, version: string): Promise<string> => {
    const { sandbox, helper } = desks.stage;
    const { digest } = await sandbox.pushImage(name, 'v1', good(`${name} ${version}`));
    await helper.postHook({ image: sandbox.image(name, 'v1'), digest });
    return digest;
  };

  test('two people approve in two browsers, and watch it deploy', async () => {
    const [name] = NAMES;
    const before = await desks.stage.services.versionOf(name);
    const lead = await desks.enter(APPROVER_TOKEN, PHONE);
    await lead.go('waiting');
    await lead.page.getByText('Nothing waits').waitFor();
    const digest = await publish(name, 'second');
    const card = lead.page.getByRole('article', { name });
    await card.getByText('0 of 2 votes').waitFor();
    await lead.page.getByRole('link', { name: /Waiting\s*1/ }).waitFor();
    expect(await violationsOf(lead.page)).toEqual([]);
    expect(await overflowOf(lead.page)).toEqual([]);
    await keepScreenshot(lead.page, 'waiting-phone');
    // By the keyboard alone.
    await card.getByRole('button', { name: `Approve ${name}` }).focus();
    await lead.page.keyboard.press('Enter');
    const dialog = lead.dialog(`Approve ${name}`);
    await dialog.getByText('1 more vote must follow').waitFor();
    expect(await violationsOf(lead.page)).toEqual([]);
    expect(await overflowOf(lead.page)).toEqual([]);
    await keepScreenshot(lead.page, 'approve-phone');
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await dialog.getByRole('status').getByText('1 more vote needed').waitFor();
    await dialog.getByText('Close', { exact: true }).click();
    await card.getByText('You have approved it.').waitFor();
    expect(await desks.stage.services.versionOf(name)).toBe(before);

    const oncall = await desks.enter();
    await oncall.go(`services/default/${name}`);
    const waits = oncall.page.getByRole('region', { name: 'Waits for' });
    await waits.getByText('Approved by lead').waitFor();
    await keepScreenshot(oncall.page, 'waiting-service');
    await waits.getByRole('button', { name: `Approve ${name}` }).click();
    const last = oncall.dialog(`Approve ${name}`);
    await last.getByText('Yours is the last vote').waitFor();
    await last.getByRole('button', { name: 'Approve', exact: true }).click();
    await last.getByRole('status').getByText('there are enough').waitFor();
    // What it was about is gone from the page; what came of it stays until it was read.
    await waits.waitFor({ state: 'detached' });
    await last.getByText('Close', { exact: true }).click();
    await oncall.row('History', 'succeeded').waitFor();
    await lead.page.getByText('Nothing waits').waitFor();
    expect(await desks.stage.services.runningDigests(name)).toEqual([digest]);
  });

  test('one person rejects, and the service keeps what it runs', async () => {
    const [, name] = NAMES;
    const before = await desks.stage.services.versionOf(name);
    await publish(name, 'second');
    const guest = await desks.enter(VIEWER_TOKEN);
    await guest.go('waiting');
    await guest.page.getByText('Yours can only read').waitFor();
    expect(await guest.page.getByRole('button', { name: `Reject ${name}` }).count()).toBe(0);
    const lead = await desks.enter(APPROVER_TOKEN);
    await lead.go('waiting');
    await lead.page.getByText('0 of 2 votes').waitFor();
    await lead.page.getByText('no build facts').waitFor({ state: 'detached' });
    await keepScreenshot(lead.page, 'waiting');
    await lead.page.getByRole('button', { name: `Reject ${name}` }).click();
    const dialog = lead.dialog(`Reject ${name}`);
    const confirm = dialog.getByRole('button', { name: 'Reject', exact: true });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('not before the audit');
    expect(await violationsOf(lead.page)).toEqual([]);
    await confirm.click();
    await dialog.getByRole('status').getByText('is held').waitFor();
    await lead.page.getByText('Nothing waits').waitFor();
    await dialog.getByText('Close', { exact: true }).click();
    await lead.go(`services/default/${name}`);
    await lead.page.getByText(/lead rejected .*: not before the audit/).waitFor();
    expect(await desks.stage.services.versionOf(name)).toBe(before);
  });

  test('by the link that a channel got, without a script, on a phone', async () => {
    const [, , name] = NAMES;
    const { helper, services } = desks.stage;
    const digest = await publish(name, 'second');
    type Sent = { data: { customData: { to: string; link: { url: string } | null } } };
    let url = '';
    for (let count = 1; url === ''; count += 1) {
      const all = await receiver.first(count);
      const { to, link } = (all[count - 1]?.body as Sent | undefined)?.data.customData ?? NOTHING;
      if (to === digest && link !== null) url = link.url;
    }
    const address = `${helper.url}${new URL(url).pathname}`;
    // As a preview does.
    expect((await fetch(address)).status).toBe(200);
    const options = { ...PHONE, javaScriptEnabled: false };
    const { page } = await approach(desks.browser, `${helper.url}/`, options);
    await page.goto(address);
    await page.getByRole('heading', { name: `Deploy ${name}?` }).waitFor();
    await page.getByText('0 of 2 votes').waitFor();
    await keepScreenshot(page, 'link-phone');
    await page.getByRole('button', { name: `Approve ${name}` }).click();
    await page.getByRole('heading', { name: `${name} is approved` }).waitFor();
    const again = await fetch(address);
    expect(again.status).toBe(410);
    const lead = await desks.enter(APPROVER_TOKEN);
    await lead.go('waiting');
    await lead.page.getByText('Approved by notification link').waitFor();
    await lead.page.getByRole('button', { name: `Approve ${name}` }).click();
    await lead
      .dialog(`Approve ${name}`)
      .getByRole('button', { name: 'Approve', exact: true })
      .click();
    await lead.dialog(`Approve ${name}`).getByText('there are enough').waitFor();
    await services.converged(name);
    await lead.page.getByText('Nothing waits').waitFor();
    await lead.go('deployments');
    await lead.row('Deployments', name).getByText('succeeded').waitFor();
    expect(await services.runningDigests(name)).toEqual([digest]);
  });
});
