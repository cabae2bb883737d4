import type { Locator, Page } from 'playwright-core';
import { API_TOKEN } from '../program/start-helper.ts';

/** The dashboard in one tab. Finds elements as a person does: by roles and names. */
export type Dashboard = {
  readonly page: Page;
  /** Opens the address, signs in with the token, and goes to the services. */
  readonly enter: (token?: string) => Promise<void>;
  /** Fills in the sign-in form, on any page. */
  readonly signIn: (token: string) => Promise<void>;
  /** Goes to a view of the dashboard without a reload: `services`, `services?q=web`, `deployments/ID`. */
  readonly go: (place: string) => Promise<void>;
  /** The table row that contains this text. */
  readonly row: (table: string, text: string | RegExp) => Locator;
  readonly dialog: (title: string | RegExp) => Locator;
  /** Opens the dialog for an action on a service, on any page that offers it. */
  readonly openAct: (act: string, service: string) => Promise<Locator>;
  /** Opens the dialog of an action, confirms it, waits for the result, and closes it. */
  readonly act: (act: string, service: string, confirm?: string) => Promise<string>;
};

/** `address` is that of the dashboard, including the slash at its end. */
export const openDashboard = (page: Page, address: string): Dashboard => {
  const go = async (place: string): Promise<void> => {
    await page.evaluate(`location.hash = ${JSON.stringify(`#/${place}`)}`);
  };
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
      await go('services');
    },
    go,
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
