import type { Locator, Page } from 'playwright-core';
import { API_TOKEN } from './start-helper.ts';

/** The dashboard in one tab, as a person finds their way in it: by roles and names. */
export type Dashboard = {
  readonly page: Page;
  /** Opens the address and signs in with the token. */
  readonly enter: (token?: string) => Promise<void>;
  /** Fills in the sign-in form, wherever it stands. */
  readonly signIn: (token: string) => Promise<void>;
  /** A place of the dashboard: `services`, `services?q=web`, `deployments/ID`. Nothing is loaded anew. */
  readonly go: (place: string) => Promise<void>;
  /** The row of a table that has this in it. */
  readonly row: (table: string, text: string | RegExp) => Locator;
  readonly dialog: (title: string | RegExp) => Locator;
  /** Opens the dialog of one of a service's acts, on whatever page offers it. */
  readonly openAct: (act: string, service: string) => Promise<Locator>;
  /** Opens an act's dialog, confirms it, waits until it says what came of it, and closes it. */
  readonly act: (act: string, service: string, confirm?: string) => Promise<string>;
};

/** `address` is that of the dashboard, with the slash at its end. */
export const openDashboard = (page: Page, address: string): Dashboard => {
  const signIn = async (token: string): Promise<void> => {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const dialog = (title: string | RegExp): Locator => page.getByRole('dialog', { name: title });
  const openAct = async (act: string, service: string): Promise<Locator> => {
    await page
      .getByRole('group', { name: `Acts on ${service}` })
      .getByRole('button', { name: act })
      .click();
    return page.getByRole('dialog').last();
  };
  return {
    page,
    signIn,
    enter: async (token = API_TOKEN) => {
      await page.goto(address);
      await signIn(token);
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
    },
    go: async (place) => {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${place}`)}`);
    },
    row: (table, text) =>
      page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text }),
    dialog,
    openAct,
    act: async (act, service, confirm = act) => {
      const asked = await openAct(act, service);
      await asked.getByRole('button', { name: confirm, exact: true }).click();
      const said = asked.getByRole('status');
      await said.waitFor();
      const text = await said.innerText();
      await asked.getByText('Close', { exact: true }).click();
      await asked.waitFor({ state: 'detached' });
      return text;
    },
  };
};
