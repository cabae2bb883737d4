import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { readAccessLog } from '../../../sandbox/registry/access-log.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { promtool } from '../../support/project/promtool.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const stage = useStage();

const scrape = async (): Promise<string> => {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const answer = await fetch(`${stage.helper.url}/metrics`, { headers });
  expect(answer.status).toBe(200);
  return answer.text();
};

/** The value of one series, its labels in any order. */
const valueOf = (text: string, name: string, labels: Readonly<Record<string, string>>): number => {
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}{`)) continue;
    const has = Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`));
    if (has) return Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return Number.NaN;
};

const push = async (digest: string) =>
  stage.helper.postHook({ image: stage.sandbox.image('metrics/web', 'v1'), digest });

test('a push that is verified and one that fails stand in what Prometheus reads', async () => {
  const { helper, sandbox, services } = stage;
  const { digest: from } = await sandbox.pushImage('metrics/web', 'v1', good('metrics one'));
  await services.deploy({ name: 'metrics-web', image: sandbox.image('metrics/web', 'v1', from) });

  const { digest: better } = await sandbox.pushImage('metrics/web', 'v1', good('metrics two'));
  await endedDelivery(helper, await push(better));
  await endedDeployments(helper, 'metrics-web');
  const { digest: bad } = await sandbox.pushImage(
    'metrics/web',
    'v1',
    crashing('metrics three', { afterMs: 300 }),
  );
  await endedDelivery(helper, await push(bad));
  const [, failed] = await endedDeployments(helper, 'metrics-web', 2);

  const text = await waitUntil(
    async () => {
      const now = await scrape();
      const held = valueOf(now, 'cd_helper_services', { cluster: 'default', verdict: 'held' });
      if (held >= 1) return now;
      throw new Error(now);
    },
    { what: 'the bad digest is counted as held', withinMs: 60_000, everyMs: 500 },
  );
  const cluster = 'default';
  const registry = sandbox.registry.host;
  const ended = (state: string): number =>
    valueOf(text, 'cd_helper_deployments_total', { cluster, state });
  expect(ended('succeeded')).toBe(1);
  expect(ended(failed?.state ?? '')).toBe(1);
  expect(ended('skipped')).toBe(0);
  expect(valueOf(text, 'cd_helper_push_to_verified_seconds_count', { cluster })).toBe(1);
  expect(valueOf(text, 'cd_helper_push_to_verified_seconds_sum', { cluster })).toBeGreaterThan(0.1);
  expect(valueOf(text, 'cd_helper_deliveries_total', { sender: 'generic', result: 'pushes' })).toBe(
    2,
  );
  expect(
    valueOf(text, 'cd_helper_lookups_total', { registry, status: 'published' }),
  ).toBeGreaterThanOrEqual(2);
  expect(valueOf(text, 'cd_helper_cluster_up', { cluster })).toBe(1);
  expect(valueOf(text, 'cd_helper_checks_waiting', { cluster })).toBeGreaterThanOrEqual(0);
  await services.remove('metrics-web');
});

test('Prometheus finds no fault with it', async () => {
  const text = await scrape();
  await promtool(['check', 'metrics'], text);
  // It would have found one.
  const wrong = '# TYPE cd_helper_wrong_total gauge\ncd_helper_wrong_total 1\n';
  await expect(promtool(['check', 'metrics'], text + wrong)).rejects.toThrow('wrong_total');
});

test('reading it asks no registry', async () => {
  const { accessLog } = stage.sandbox.registry;
  const before = (await readAccessLog(accessLog)).length;
  for (let index = 0; index < 20; index += 1) await scrape();
  expect((await readAccessLog(accessLog)).length).toBe(before);
});

test('it is for those with a token', async () => {
  expect((await fetch(`${stage.helper.url}/metrics`)).status).toBe(401);
});

test('the alert rules are well-formed and tell what they say they do', async () => {
  await promtool(['check', 'rules', 'deploy/prometheus-rules.yml']);
  await promtool(['test', 'rules', 'deploy/prometheus-rules.test.yml']);
});

type Panel = { readonly title: string; readonly targets: readonly { readonly expr: string }[] };

test('rules and dashboard ask for nothing that is not told', async () => {
  const text = await scrape();
  const known = new Set([...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name]) => name));
  const { panels } = JSON.parse(readFileSync('deploy/grafana-dashboard.json', 'utf8')) as {
    panels: readonly Panel[];
  };
  const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(asked.length).toBeGreaterThan(12);
  const named = [readFileSync('deploy/prometheus-rules.yml', 'utf8'), ...asked].flatMap((all) =>
    [...all.matchAll(/\b(?:cd_helper|process|nodejs)_[a-z_]+/g)].map(([name]) => name),
  );
  expect(named.length).toBeGreaterThan(25);
  const unknown = named.filter((name) => !known.has(name.replace(/_(?:bucket|sum|count)$/, '')));
  expect(unknown).toEqual([]);
  const rules = asked.map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  const file = `${stage.folder}/panels.yml`;
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }));
  await promtool(['check', 'rules', file]);
});
