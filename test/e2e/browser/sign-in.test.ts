import { describe, expect, test } from 'vitest';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useDesk, VIEWER_TOKEN } from '../../support/browser/use-desk.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';

const without = await whyWithout('chromium');

describe.skipIf(without !== null)('signing in and out, in a browser', () => {
  const desks = useDesk();

  test('a wrong token lets nobody in, and says so; the right one does', async () => {
    const desk = await desks.approach();
    await desk.page.goto(`${desks.stage.helper.url}/`);
    await desk.signIn('a-token-that-nobody-has');
    await desk.page.getByRole('alert').getByText('This token is not valid.').waitFor();
    expect(await desk.page.getByRole('navigation').count()).toBe(0);
    await desk.signIn(API_TOKEN);
    await desk.page.getByRole('button', { name: 'Account: oncall, operator' }).waitFor();
    expect(desk.page.url()).not.toContain(API_TOKEN);
    expect(await desk.page.content()).not.toContain(API_TOKEN);
  });

  test('no script can read the session, and nothing else is kept of it', async () => {
    const desk = await desks.enter();
    const [cookie, ...others] = await desk.context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', secure: false, path: '/' });
    const kept = 'JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])';
    const readable = await desk.page.evaluate<string>(kept);
    expect(JSON.parse(readable)[0]).toBe('');
    expect(readable).not.toContain(API_TOKEN);
    expect(readable).not.toContain(cookie?.value);
  });

  test('who has signed out has signed out in every tab, and stays so', async () => {
    const desk = await desks.enter(VIEWER_TOKEN);
    const other = await desk.openTab();
    desk.allow(/401/);
    await desk.page.getByRole('button', { name: 'Account: guest, viewer' }).click();
    await desk.dialog('Account').getByRole('button', { name: 'Sign out', exact: true }).click();
    await desk.page.getByRole('status').getByText('Signed out.').waitFor();
    expect(await desk.context.cookies()).toEqual([]);
    await other.page.reload();
    await other.page.getByLabel('Token').waitFor();
  });

  test('signing out everywhere ends the sessions of the same token in other browsers', async () => {
    const here = await desks.enter();
    const there = await desks.enter();
    const guest = await desks.enter(VIEWER_TOKEN);
    there.allow(/401/);
    here.allow(/401/);
    await here.page.getByRole('button', { name: 'Account: oncall, operator' }).click();
    await here.dialog('Account').getByRole('button', { name: 'Sign out everywhere' }).click();
    await here.page.getByRole('status').getByText('Signed out in every browser.').waitFor();
    await there.go('deployments');
    await there.page.getByLabel('Token').waitFor();
    await guest.go('deployments');
    await guest.page.getByRole('heading', { name: 'Deployments' }).waitFor();
  });
});
