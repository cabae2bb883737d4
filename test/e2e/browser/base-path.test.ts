import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { approach, useDesk } from '../../support/browser/use-desk.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';
import { startNginx } from '../../support/proxies/start-nginx.ts';
import type { RunningProxy } from '../../support/proxies/start-proxy.ts';

const without = await whyWithout('chromium', 'nginx');
const BASE = '/cd-helper';
const NAME = 'behind_web';

describe.skipIf(without !== null)('behind nginx with TLS and a prefix, in a browser', () => {
  const desks = useDesk({
    env: { CD_HELPER_BASE_PATH: BASE, CD_HELPER_TRUSTED_PROXIES: '127.0.0.1' },
  });
  let nginx: RunningProxy;
  beforeAll(async () => {
    nginx = await startNginx(Number(new URL(desks.stage.helper.url).port));
  });
  afterAll(async () => {
    await nginx?.stop();
  });

  const come = () =>
    approach(desks.browser, `${nginx.origin}${BASE}/`, { ignoreHTTPSErrors: true });

  test('the prefix without its slash leads to the page', async () => {
    const desk = await come();
    await desk.page.goto(`${nginx.origin}${BASE}`);
    await desk.page.getByLabel('Token').waitFor();
    expect(desk.page.url()).toBe(`${nginx.origin}${BASE}/`);
  });

  test('the session never leaves without TLS, nor to what else the host has', async () => {
    const desk = await come();
    await desk.enter();
    expect(await desk.context.cookies()).toMatchObject([
      {
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
        path: expect.stringMatching(/^\/cd-helper\/?$/),
      },
    ]);
  });

  test('several tabs need one connection, where the browser speaks HTTP/2', async () => {
    const session = connect(nginx.origin, { rejectUnauthorized: false });
    try {
      const request = session.request({
        ':path': `${BASE}/api/v1/events`,
        authorization: `Bearer ${API_TOKEN}`,
      });
      const [headers] = await once(request, 'response');
      expect(headers).toMatchObject({
        ':status': 200,
        'content-type': expect.stringMatching(/^text\/event-stream/),
      });
      const [first] = await once(request, 'data');
      expect(String(first)).toContain('retry: ');
    } finally {
      session.destroy();
    }
  });

  test('events flow, and acts are let through', async () => {
    const { sandbox, services, helper } = desks.stage;
    const { digest } = await sandbox.pushImage('behind/web', 'v1', good('behind one'));
    await services.deploy({ name: NAME, image: sandbox.image('behind/web', 'v1', digest) });
    const desk = await come();
    await desk.enter();
    await desk.go('deployments');
    await desk.page.getByText('Nothing has been deployed yet').waitFor();
    await sandbox.pushImage('behind/web', 'v1', good('behind two'));
    await helper.postHook({ image: sandbox.image('behind/web', 'v1') });
    await desk.row('Deployments', NAME).getByText('succeeded').waitFor();
    await desk.go(`services/default/${NAME}`);
    expect(await desk.act('Check now', NAME)).toContain('current');
    // A page of the service would ask for what is no more there.
    await desk.go('deployments');
    await desk.row('Deployments', NAME).waitFor();
    await services.remove(NAME);
  });
});
