import { expect } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import type { Dashboard } from '../browser/dashboard.ts';
import { runCommand } from '../program/run-command.ts';
import { API_TOKEN, type RunningHelper } from '../program/start-helper.ts';
import { takePicture } from './take-picture.ts';

/** Pages are live, and an observation is at most 5 s old. The rest is for a busy machine. */
const SHOWN_WITHIN_MS = 60_000;

/** What people must see for one service. */
export type Expected = {
  readonly api: Partial<ServiceView> | Readonly<Record<string, unknown>>;
  /** Exit status of `cd-helper status NAME`. */
  readonly exit: 0 | 1 | 3;
  /** The output of that command. */
  readonly card: readonly (string | RegExp)[];
  /** Why the service is in the metric of failing services; null if it must not be. */
  readonly metric: RegExp | null;
  /** Its row in the dashboard's list. */
  readonly row: readonly (string | RegExp)[];
  /** Its own page in the dashboard, without its history. */
  readonly page: readonly (string | RegExp)[];
  readonly notOnPage?: readonly (string | RegExp)[];
};

type Place = {
  readonly helper: RunningHelper;
  /** Another tab of a signed-in person, with the screen of a phone. */
  readonly openTab: () => Promise<Dashboard>;
};

/** Asks again until `check` no longer throws: the display follows the state within seconds. */
const settles = <T>(what: string, look: () => Promise<T>, check: (seen: T) => void): Promise<T> =>
  waitUntil(
    async () => {
      const seen = await look();
      check(seen);
      return seen;
    },
    { what, withinMs: SHOWN_WITHIN_MS, everyMs: 500 },
  );

const expectAll = (text: string, all: readonly (string | RegExp)[]): void => {
  for (const one of all) {
    if (typeof one === 'string') expect(text).toContain(one);
    else expect(text).toMatch(one);
  }
};

/** The series of a service in the metric of failing services. */
const failingSeries = async ({ url }: RunningHelper, name: string): Promise<string> => {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('cd_helper_service_failing{'))
    .filter((line) => line.includes(`service="${name}"`))
    .join('\n');
};

const lookInBrowser = async (
  { openTab }: Place,
  name: string,
  moment: string,
  { row, page: onPage, notOnPage = [] }: Expected,
): Promise<void> => {
  const tab = await openTab();
  try {
    await tab.go(`services?q=${name}`);
    const inList = tab.row('Services', name);
    await settles(
      `the row of ${name}`,
      () => inList.innerText(),
      (text) => expectAll(text, row),
    );
    await takePicture(tab.page, `${name}-${moment}-list`);
    await tab.go(`services/default/${name}`);
    const main = tab.page.getByRole('main');
    await main.getByRole('heading', { name: 'History' }).waitFor();
    await settles(
      `the page of ${name}`,
      () => main.innerText(),
      (text) => {
        const beforeHistory = text.slice(0, text.lastIndexOf('History'));
        expectAll(beforeHistory, onPage);
        for (const one of notOnPage) expect(beforeHistory).not.toMatch(one);
      },
    );
    await takePicture(tab.page, `${name}-${moment}-page`);
  } finally {
    await tab.page.close();
  }
};

/** Observes a service as an API client, in the CLI, in the metrics and on a phone. `moment` names the screenshots. */
export const lookEverywhere = async (
  place: Place,
  name: string,
  moment: string,
  expected: Expected,
): Promise<void> => {
  const { helper } = place;
  await settles(
    `the API’s answer of ${name}`,
    () => helper.get<ServiceView>(`/clusters/default/services/${name}`),
    (view) => expect(view).toMatchObject(expected.api),
  );
  await settles(
    `status ${name}`,
    () => runCommand(helper, 'status', name),
    ({ code, stdout }) => {
      expect({ code, stdout }).toMatchObject({ code: expected.exit });
      expectAll(stdout, expected.card);
    },
  );
  await settles(
    `the metrics of ${name}`,
    () => failingSeries(helper, name),
    (series) => {
      if (expected.metric === null) expect(series).toBe('');
      else expect(series).toMatch(expected.metric);
    },
  );
  await lookInBrowser(place, name, moment, expected);
};
