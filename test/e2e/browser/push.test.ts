import { beforeAll, describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { useDesk, VIEWER_TOKEN } from '../../support/browser/use-desk.ts';
import { endedDeployments, untilGood } from '../../support/stage/open-stage.ts';

const without = await whyWithout('chromium');
const NAME = 'desk_web';
const REPOSITORY = 'desk/web';

describe.skipIf(without !== null)('a push, watched in a browser', () => {
  const desks = useDesk();
  beforeAll(async () => {
    const { sandbox, services } = desks.stage;
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1', good('1.4.0'));
    await services.deploy({
      name: NAME,
      image: sandbox.image(REPOSITORY, 'v1', digest),
      replicas: 2,
      failureAction: 'rollback',
      monitorMs: 2000,
      labels: { 'com.docker.stack.namespace': 'desk' },
    });
  });

  const push = async (sample: Parameters<typeof desks.stage.sandbox.pushImage>[2]) => {
    const { sandbox, helper } = desks.stage;
    const { digest } = await sandbox.pushImage(REPOSITORY, 'v1', sample);
    const answer = await helper.postHook({ image: sandbox.image(REPOSITORY, 'v1'), digest });
    expect(answer.status).toBe(202);
    return digest;
  };

  test('it travels from the hook to "succeeded" before the eyes of a viewer, who reloads nothing', async () => {
    const desk = await desks.enter(VIEWER_TOKEN);
    const { page } = desk;
    await desk.row('Services', NAME).waitFor();
    await desk.go('deployments');
    await page.getByText('Nothing has been deployed yet').waitFor();
    await page.evaluate('globalThis.stillHere = true');
    const digest = await push(good('1.5.0'));
    const row = desk.row('Deployments', NAME);
    await row.getByText(/queued|updating|verifying/).waitFor();
    await row.getByRole('link', { name: NAME }).click();
    await page.getByRole('heading', { name: `Deployment of ${NAME}` }).waitFor();
    await page.getByRole('main').getByText('succeeded').first().waitFor();
    await page.getByText(digest.slice(7, 19)).first().waitFor();
    await desk.go('services');
    await desk.row('Services', NAME).getByText('current').waitFor();
    await desk.row('Services', NAME).getByText('1.5.0').waitFor();
    expect(await page.evaluate('globalThis.stillHere')).toBe(true);
  });

  test('one that crashes tells an operator what the container wrote, and a viewer that it may not', async () => {
    const operator = await desks.enter();
    const viewer = await desks.enter(VIEWER_TOKEN);
    await operator.go('deployments');
    await push(crashing('1.6.0', { afterMs: 300, code: 7 }));
    const row = operator.row('Deployments', 'rolled-back');
    await row.getByText('task: non-zero exit (7)').waitFor();
    await row.getByRole('link', { name: NAME }).click();
    const failure = operator.page.getByRole('region', { name: 'Failure' });
    await failure.getByText('giving up with exit code 7').waitFor();
    await failure.getByText('node engine-1, exit code 7').waitFor();
    await viewer.page.goto(operator.page.url());
    const told = viewer.page.getByRole('region', { name: 'Failure' });
    await told.getByText('task: non-zero exit (7)').waitFor();
    await told.getByText('Only operators can read container logs.').waitFor();
    expect(await viewer.page.content()).not.toContain('giving up');
    expect(await viewer.page.getByRole('button', { name: 'Roll back' }).count()).toBe(0);
  });

  test('what failed is held until a person releases it', async () => {
    const desk = await desks.enter();
    await desk.go(`services/default/${NAME}`);
    await desk.page.getByText('has failed on this service').waitFor();
    // From a list of what is held, which it leaves by that; what came of it is still to be read.
    await desk.go('services?verdict=held');
    await desk
      .row('Services', NAME)
      .getByRole('button', { name: `Act on ${NAME}` })
      .click();
    await desk.openAct('Release', NAME);
    const asked = desk.dialog(/^Release/);
    await asked.getByRole('button', { name: 'Release', exact: true }).click();
    await desk.page.getByText('No service matches').waitFor();
    expect(await asked.getByRole('status').innerText()).toContain('obsolete');
    await asked.getByText('Close', { exact: true }).click();
    await desk.go(`services/default/${NAME}`);
    await desk.page.getByRole('main').getByText('obsolete').first().waitFor();
  });

  test('a person takes the service back to the one before, which goes on to be held', async () => {
    const desk = await desks.enter();
    const { helper } = desks.stage;
    const before = await helper.deployments(`?service=${NAME}`);
    const present = before.findLast(({ state }) => state === 'succeeded')?.to ?? '';
    await untilGood(helper, NAME, present);
    const digest = await push(good('1.7.0'));
    await endedDeployments(helper, NAME, before.length + 1);
    await desk.go(`services/default/${NAME}`);
    await desk.page.getByRole('main').getByText('current').first().waitFor();
    expect(await desk.act('Roll back', NAME)).toContain(`${NAME} is queued`);
    const history = desk.row('History', 'oncall');
    await history.getByText('succeeded').waitFor();
    await desk.page.getByText('a person rolled the service back').waitFor();
    const [service] = await helper.services(`?q=${NAME}`);
    expect(service).toMatchObject({ verdict: 'held', reason: 'left-by-person', published: digest });
    expect(service?.running).toBe(present);
  });
});
