import { beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useDesk } from '../../support/browser/use-desk.ts';

const without = await whyWithout('chromium');
const NAME = 'hostile_web';
const MARKUP =
  '<img src=x onerror="globalThis.taken = true"><script>globalThis.taken = true</script>';
const ESCAPES = '\u001b[31mred\u001b[0m \u202ereversed';

describe.skipIf(without !== null)('what others write, in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    const { digest } = await sandbox.pushImage('hostile/web', 'v1', good('1.0.0'));
    await services.deploy({
      name: NAME,
      image: sandbox.image('hostile/web', 'v1', digest),
      labels: { 'com.docker.stack.namespace': MARKUP },
    });
  });

  test('markup in a version, a stack, a reason and a body is text, and nothing of it runs', async () => {
    const { sandbox, helper } = desks.stage;
    const reason = `${MARKUP} ${ESCAPES}`;
    const { digest } = await sandbox.pushImage('hostile/web', 'v1', good(MARKUP));
    const answer = await helper.postHook(
      { image: sandbox.image('hostile/web', 'v1'), digest, note: reason },
      { 'user-agent': MARKUP },
    );
    const { delivery } = (await answer.json()) as { delivery: string };
    const desk = await desks.enter();
    const { page } = desk;
    await desk.row('Services', NAME).getByText('<img src=x').first().waitFor();
    await desk.go('deployments');
    await desk.row('Deployments', NAME).getByText('succeeded').waitFor();
    await desk.row('Deployments', NAME).getByText('<script>').first().waitFor();
    await helper.post('/freezes', { cluster: 'default', service: NAME, reason });
    await desk.go(`services/default/${NAME}`);
    const notice = page.getByText('Frozen by token oncall').locator('..');
    await notice.getByText('<script>').waitFor();
    const shown = await notice.innerText();
    expect(shown).toContain('␛[31mred');
    expect(shown).not.toContain('\u202e');
    await desk.go(`hooks/${delivery}`);
    await page.getByRole('region', { name: 'Headers' }).getByText('<script>').waitFor();
    await page.getByRole('region', { name: 'Body' }).getByText('<script>').waitFor();
    await desk.go(`services?q=${encodeURIComponent(MARKUP)}&stack=${encodeURIComponent(MARKUP)}`);
    await desk.row('Services', NAME).waitFor();
    expect(await page.evaluate('globalThis.taken')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
  });

  test('a script in the page is refused by its policy', async () => {
    const desk = await desks.enter();
    desk.allow(/Content Security Policy|Content-Security-Policy/i);
    await desk.page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.taken = true';
      document.body.append(script);
    })()`);
    expect(await desk.page.evaluate('globalThis.taken')).toBeUndefined();
  });

  test('what a page should not do fails its test', async () => {
    const desk = await desks.enter();
    await desk.page.evaluate(`(() => {
      document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:1/x' }));
      setTimeout(() => { throw new Error('thrown in the page'); });
    })()`);
    await desk.page.context().waitForEvent('weberror');
    const faults = await desks.browser.leave().catch(String);
    expect(faults).toContain('thrown in the page');
    expect(faults).toMatch(/Content Security Policy|asked http:\/\/127\.0\.0\.1:1/);
  });
});
