import { describe, expect, it } from 'vitest';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import { digestOf, serviceOf, waitingOf } from '../../support/http/api-samples.ts';
import { type FakeHelper, problem, startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';

const ONE = waitingOf({ name: 'billing_api' });

const startWaitingHelper = (items: readonly WaitingView[] = [ONE]): Promise<FakeHelper> =>
  startFakeHelper(({ method, path, body }) => {
    if (path === '/api/v1/waiting') return { body: { items, next: null } };
    if (path === '/api/v1/clusters')
      return { body: { items: [{ name: 'default', state: 'up' }], next: null } };
    if (path === '/api/v1/services') {
      const services = [serviceOf({ name: 'billing_api' }), serviceOf({ name: 'web' })];
      return { body: { items: services, next: null } };
    }
    if (method === 'POST' && path.endsWith('/services/billing_api/approve')) {
      const [gate] = ONE.gates;
      const votes = { given: 1, needed: 2, by: ['ana'] };
      const asked = (JSON.parse(body) as { digest: string }).digest;
      return asked === ONE.target.digest
        ? { body: { ...ONE, gates: [{ ...gate, votes }] } }
        : problem(409, 'conflict', 'billing_api waits for another image by now');
    }
    if (method === 'POST' && path.endsWith('/services/billing_api/reject')) return { body: ONE };
    return problem(404, 'not-found', path);
  });

/** A person at a terminal, with what they type. */
const at = (answers: string[]) => ({ columns: 120, ask: async () => answers.shift() ?? '' });

const posted = ({ requests }: FakeHelper): readonly unknown[] =>
  requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));

describe('cd-helper waiting', () => {
  it('shows each closed gate with what would change, its votes and who opens it', async () => {
    await using helper = await startWaitingHelper();
    const { status, out } = await runCli(['waiting', '--url', helper.url]);
    expect(status).toBe(0);
    expect(out).toMatch(/SERVICE +CHANGE +GATE +VOTES/);
    expect(out).toMatch(/billing_api +982c388 → 1f0e3da +approval +0\/2/);
    expect(out).toMatch(/approver, operator/);
  });

  it('prints the list as JSON, and says where nothing waits', async () => {
    await using helper = await startWaitingHelper();
    const { out } = await runCli(['waiting', '--json', '--url', helper.url]);
    expect(JSON.parse(out)).toEqual({ items: [ONE] });
    await using idle = await startWaitingHelper([]);
    const nothing = await runCli(['waiting', '--url', idle.url]);
    expect([nothing.status, nothing.out, nothing.err.trim()]).toEqual([0, '', 'nothing waits']);
  });

  it('refuses a cluster that there is not', async () => {
    await using helper = await startWaitingHelper();
    const { status, err } = await runCli(['waiting', '--cluster', 'x', '--url', helper.url]);
    expect(status).toBe(2);
    expect(err).toContain('there is no cluster "x"');
  });
});

describe('cd-helper approve', () => {
  it('votes for the digest that was shown, and tells how many votes there are', async () => {
    await using helper = await startWaitingHelper();
    const { status, out } = await runCli(['approve', 'billing_api', '--url', helper.url]);
    expect(status).toBe(0);
    expect(out.trim()).toBe('billing_api: 1 of 2 votes (ana); it waits for 1 more');
    expect(posted(helper)).toEqual([{ digest: ONE.target.digest }]);
  });

  it('does nothing where another digest waits', async () => {
    await using helper = await startWaitingHelper();
    const digest = digestOf('c');
    const { status, err } = await runCli([
      'approve',
      'billing_api',
      '--digest',
      digest,
      '--url',
      helper.url,
    ]);
    expect(status).toBe(1);
    expect(err).toContain('waits for another image by now');
  });

  it.each([
    ['a misspelt name', ['approve', 'billing_ap'], 2, 'did you mean billing_api?'],
    ['a service that does not wait', ['approve', 'web'], 1, 'web is not waiting for anything'],
    ['no digest at all', ['approve', 'billing_api', '--digest', 'latest'], 2, 'is no digest'],
    ['a rejection without a reason', ['reject', 'billing_api'], 2, 'say why'],
    ['a misspelt name', ['reject', 'biling_api', '--reason', 'x'], 2, 'did you mean billing_api?'],
  ])('refuses %s', async (_what, argv, wanted, said) => {
    await using helper = await startWaitingHelper();
    const { status, err } = await runCli([...argv, '--url', helper.url]);
    expect(err).toContain(said);
    expect(status).toBe(wanted);
    expect(posted(helper)).toEqual([]);
  });

  it('says which roles may, where the policies let this one not', async () => {
    await using helper = await startFakeHelper(({ path }) =>
      path === '/api/v1/waiting'
        ? { body: { items: [ONE], next: null } }
        : problem(
            403,
            'not-allowed',
            'the policies let the role operator only approve billing_api',
          ),
    );
    const { status, err } = await runCli(['approve', 'billing_api', '--url', helper.url]);
    expect([status, err.trim()]).toEqual([
      1,
      'the policies let the role operator only approve billing_api',
    ]);
  });

  it('shows a person at a terminal what would change, and does nothing without a yes', async () => {
    await using helper = await startWaitingHelper();
    const argv = ['approve', 'billing_api', '--url', helper.url];
    const no = await runCli(argv, at(['n']));
    expect(no.out).toContain('982c388 → 1f0e3da');
    expect(no.out).toContain(ONE.target.digest);
    expect([no.status, posted(helper)]).toEqual([1, []]);
    const yes = await runCli(argv, at(['y']));
    expect([yes.status, posted(helper).length]).toEqual([0, 1]);
  });
});

describe('cd-helper reject', () => {
  it('gives the reason, and says how the hold is lifted', async () => {
    await using helper = await startWaitingHelper();
    const argv = ['reject', 'billing_api', '--reason', 'no migration', '--url', helper.url];
    const { status, out, err } = await runCli(argv);
    expect(status).toBe(0);
    expect(out).toContain('is rejected and held');
    expect(err).toContain('cd-helper release billing_api');
    expect(posted(helper)).toEqual([{ digest: ONE.target.digest, reason: 'no migration' }]);
  });

  it('asks a person at a terminal why', async () => {
    await using helper = await startWaitingHelper();
    const argv = ['reject', 'billing_api', '--url', helper.url];
    const { status } = await runCli(argv, at(['y', 'no migration']));
    expect(status).toBe(0);
    expect(posted(helper)).toMatchObject([{ reason: 'no migration' }]);
  });
});
