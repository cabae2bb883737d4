import { beforeAll, describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { freePort } from '../../../sandbox/machine/network.ts';
import { type AtTerminal, runAtTerminal } from '../../support/program/run-at-terminal.ts';
import { runProgram } from '../../support/program/run-program.ts';
import { API_TOKEN } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/** What a person sees who runs SmartRedeploy at a terminal, against a real Swarm and a real registry. */
describe('at a terminal', () => {
  const stage = useStage();
  let env: Record<string, string>;
  beforeAll(async () => {
    const { sandbox, services } = stage;
    env = {
      CD_HELPER_URL: stage.helper.url,
      CD_HELPER_API_TOKEN: API_TOKEN,
      CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
    };
    const version = (name: string, text: string) =>
      sandbox.pushImage(`terminal/${name}`, 'v1', good(`${name} ${text}`));
    const requests = [];
    for (const [name, stack] of [
      ['web', 'shop'],
      ['api', 'shop'],
      ['bad', 'desk'],
      ['idle', 'desk'],
    ] as const) {
      const { digest } = await version(name, 'one');
      requests.push({
        name: `term-${name}`,
        image: sandbox.image(`terminal/${name}`, 'v1', digest),
        labels: { 'com.docker.stack.namespace': `term-${stack}` },
        failureAction: 'rollback' as const,
        replicas: name === 'idle' ? 0 : 1,
      });
    }
    await services.deploy(...requests);
    await services.create({
      name: 'term-away',
      image: `127.0.0.1:${await freePort()}/terminal/away:v1@${(await version('away', 'one')).digest}`,
      replicas: 0,
    });
    await version('web', 'two');
    await sandbox.pushImage('terminal/bad', 'v1', crashing('bad two', { afterMs: 300 }));
  });

  const cli = (line: string, answer?: string): Promise<AtTerminal> =>
    runAtTerminal(line.split(' '), { env, ...(answer === undefined ? {} : { answer }) });
  const lineOf = ({ screen }: Pick<AtTerminal, 'screen'>, word: string): string =>
    screen.find((line) => line.includes(word)) ?? '';
  /** Without what stands in no table: a table for each stack, the names of the stacks between. */
  const tableOf = ({ screen }: AtTerminal): readonly string[] =>
    screen
      .slice(0, screen.indexOf(''))
      .map((line) => /^( *\S+)/.exec(line)?.[1] ?? '')
      .slice(1);

  test('a dry run tells how far it is, then a table by stack, and asks and changes nothing', async () => {
    const before = await stage.services.versionOf('term-web');
    const seen = await cli('smart-redeploy --dry-run --service term-*');
    expect(seen.wiped[0]).toBe('checking …');
    expect(tableOf(seen)).toEqual([
      '(no',
      '  term-away',
      'term-desk',
      '  term-bad',
      '  term-idle',
      'term-shop',
      '  term-web',
      '  term-api',
    ]);
    expect(seen.screen[0]).toMatch(/SERVICE +IMAGE +RUNNING → PUBLISHED +UP +AGE +VERDICT +REASON/);
    expect(lineOf(seen, '  term-web')).toMatch(
      /terminal\/web:v1 +[0-9a-f]{12} → [0-9a-f]{12} +1\/1 +\S+ +↑ obsolete$/,
    );
    expect(lineOf(seen, '  term-api')).toMatch(/[0-9a-f]{12} +1\/1 +\S+ +✓ current$/);
    expect(lineOf(seen, '  term-away')).toMatch(/\? unknown +unreachable$/);
    expect(seen.screen).toContain('Would be redeployed: term-bad, term-web');
    expect(Math.max(...seen.screen.map((line) => line.length))).toBeLessThanOrEqual(100);
    // Colour says nothing that the signs do not.
    expect(seen.raw).toContain('\u001b[33m↑ obsolete\u001b[39m');
    expect(seen.status).toBe(3);
    expect(await stage.services.versionOf('term-web')).toBe(before);
  });

  test.each([
    ['status --engine ENGINE term-', 3],
    ['status --engine ENGINE term-shop', 0],
    ['smart-redeploy --dry-run --engine ENGINE --service term-*', 3],
    ['smart-redeploy --dry-run --engine ENGINE --stack term-shop', 0],
  ])('%s does without a helper: %i', async (line, status) => {
    const engine = stage.sandbox.engines[0].url;
    const seen = await runAtTerminal(line.replace('ENGINE', engine).split(' '), {
      env: { CD_HELPER_REGISTRY_INSECURE: env['CD_HELPER_REGISTRY_INSECURE'] ?? '' },
    });
    expect(seen.wiped[0]).toBe('reading services …');
    expect(seen.wiped.at(-1)).toMatch(/^(\d+) of \1 images checked$/);
    expect(lineOf(seen, '  term-web')).toContain('↑ obsolete');
    expect(seen.status).toBe(status);
  });

  test.each([
    ['smart-redeploy --what', 2],
    ['smart-redeploy --engine unix:///x', 2],
    ['smart-redeploy --cluster nowhere --dry-run', 2],
    ['status --url http://127.0.0.1:9', 1],
    ['smart-redeploy --dry-run --service term-api', 0],
  ])('%s ends with %i', async (line, status) => {
    expect((await cli(line)).status).toBe(status);
  });

  test('a plan that nobody agrees to is left at that', async () => {
    const seen = await cli('smart-redeploy --service term-web', 'n');
    expect(seen.screen.join('\n')).toContain('Redeploy 1 of them now? [y/N] n');
    expect(seen.status).toBe(1);
    expect(await stage.helper.deployments()).toEqual([]);
  });

  test('one that is agreed to is told step by step until the last is verified: 0', async () => {
    const seen = await cli('smart-redeploy --stack term-shop --wait', 'y');
    // The plan is not shown a second time.
    expect(seen.screen.filter((line) => line.includes('SERVICE'))).toHaveLength(1);
    const steps = seen.screen.flatMap(
      (line) => /^\d\d:\d\d:\d\d {2}(\S \S+) +term-web {2}/.exec(line)?.[1] ?? [],
    );
    expect(steps.at(-1)).toBe('✓ succeeded');
    expect(steps.length).toBeGreaterThan(1);
    expect(seen.wiped).toContain('0 of 1 ended');
    expect(seen.screen.at(-2)).toBe('2 services: 1 current, 1 obsolete; deployments: 1 succeeded');
    expect(seen.status).toBe(0);
  });

  test('one that fails is told with the last words of the container: 1', async () => {
    const seen = await cli('smart-redeploy --stack term-desk --wait --yes');
    expect(lineOf(seen, '↩ rolled-back')).toMatch(/term-bad .*task-failed: .*\(3\)/);
    expect(seen.screen.join('\n')).toContain('│ ');
    expect(seen.screen.at(-2)).toBe(
      '2 services: 1 current, 1 obsolete; deployments: 1 rolled-back',
    );
    expect(seen.status).toBe(1);
    const held = await cli('smart-redeploy --stack term-desk --dry-run');
    expect(lineOf(held, '  term-bad')).toMatch(/‖ held +known-bad$/);
  });

  test('without a terminal there are plain lines: no colour, no group, no progress', async () => {
    const args = 'smart-redeploy --dry-run --service term-*'.split(' ');
    const { out, err, status } = await runProgram(args, { env });
    expect(out).not.toMatch(/\p{Cc}(?<!\n)/u);
    expect(err).toBe('');
    const [titles, ...lines] = out.split('\n');
    expect(titles).toMatch(/^CLUSTER +STACK +SERVICE +IMAGE/);
    const services = lines.slice(0, lines.indexOf(''));
    expect(services).toHaveLength(5);
    for (const line of services) expect(line).toMatch(/^default +(?:-|term-\S+) +term-/);
    expect(status).toBe(3);
  });
});
