import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useDesk } from '../../support/browser/use-desk.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';

const without = await whyWithout('chromium');
const NAME = 'keys_web';
/** More than there are things to stop at on any page of these tests. */
const MOST_TABS = 60;

const FOCUSED = `(() => {
  const one = document.activeElement;
  return (one.getAttribute('aria-label') ?? one.labels?.[0]?.innerText ?? one.innerText ?? '').trim();
})()`;
/** Whether what has the focus shows it. */
const SHOWN = `(() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
  return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
})()`;

/** Presses Tab until what has the focus is called that; fails where Tab never comes there. */
const tabTo = async (page: Page, name: string): Promise<void> => {
  const met: string[] = [];
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    const focused = await page.evaluate<string>(FOCUSED);
    if (focused === name) {
      expect(await page.evaluate(SHOWN), `the focus on ${name} can be seen`).toBe(true);
      return;
    }
    met.push(focused);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not come to ${name}; it came to ${met.join(' | ')}`);
};

describe.skipIf(without !== null)('with the keyboard alone, in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    const { digest } = await sandbox.pushImage('keys/web', 'v1', good('1.0.0'));
    await services.deploy({ name: NAME, image: sandbox.image('keys/web', 'v1', digest) });
    await sandbox.pushImage('keys/web', 'v1', good('1.1.0'));
    await desks.stage.helper.post('/smart-redeploy', { dryRun: true });
  });

  test('one signs in, finds the obsolete service, redeploys it and follows that to its end', async () => {
    const desk = await desks.approach();
    const { page } = desk;
    const { keyboard } = page;
    await page.goto(`${desks.stage.helper.url}/`);
    await page.getByLabel('Token').waitFor();
    await tabTo(page, 'Token');
    await keyboard.type(API_TOKEN);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await tabTo(page, 'Services');
    await keyboard.press('Enter');
    await desk.row('Services', NAME).getByText('obsolete').waitFor();
    await tabTo(page, NAME);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: NAME }).waitFor();
    await page.getByRole('group', { name: `Acts on ${NAME}` }).waitFor();
    await tabTo(page, 'Redeploy');
    await keyboard.press('Enter');
    await desk.dialog(`Redeploy ${NAME}`).waitFor();
    await keyboard.press('Escape');
    await desk.dialog(`Redeploy ${NAME}`).waitFor({ state: 'detached' });
    // The focus is given back to where it was.
    await page
      .locator('button:focus')
      .and(page.getByRole('button', { name: 'Redeploy' }))
      .waitFor();
    await keyboard.press('Enter');
    await desk.dialog(`Redeploy ${NAME}`).waitFor();
    await tabTo(page, 'Cancel');
    await keyboard.press('Tab');
    expect(await page.evaluate(FOCUSED)).toBe('Redeploy');
    await keyboard.press('Enter');
    await desk.dialog(`Redeploy ${NAME}`).getByText('is queued').waitFor();
    await tabTo(page, 'Follow the deployment');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: `Deployment of ${NAME}` }).waitFor();
    await page.getByRole('main').getByText('succeeded').first().waitFor();
  });

  test('a new page begins with its heading, and the way past the menu is one key', async () => {
    const desk = await desks.enter();
    const { page } = desk;
    for (const [place, heading] of [
      ['deployments', 'Deployments'],
      ['health', 'Health'],
    ] as const) {
      await desk.go(place);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      expect(await page.evaluate(FOCUSED)).toBe(heading);
    }
    await page.getByRole('button', { name: 'Skip to content' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });
});
