import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { DeliveryDetailSchema, DeliverySchema } from '../../../src/http/schemas/delivery.ts';
import { DeploymentSchema } from '../../../src/http/schemas/deployment.ts';
import { FreezeSchema } from '../../../src/http/schemas/desk.ts';
import { RunSchema, RunSummarySchema } from '../../../src/http/schemas/run.ts';
import { ServiceSchema } from '../../../src/http/schemas/service.ts';
import { type ApiStage, openApiStage, OPERATOR, VIEWER } from '../../support/http/api-stage.ts';
import { runCli } from '../../support/program/run-cli.ts';
import { runProgram, startProgram } from '../../support/program/run-program.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
let stage: ApiStage;
let bad: Digest;

const envOf = (token = OPERATOR) => ({
  CD_HELPER_URL: stage.helper().url,
  CD_HELPER_API_TOKEN: token,
});
const run = (args: readonly string[], token = OPERATOR) => runProgram(args, { env: envOf(token) });
const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

/** The service's newest deployment once it is in this state. */
const newest = (service: string, state: string): Promise<DeploymentView> =>
  stage.until(`${service} is ${state}`, async () => {
    const { body } = await stage.ask(`/api/v1/deployments?service=${service}`);
    const { items } = body as { items: DeploymentView[] };
    const found = items.find((one) => one.state === state);
    if (found === undefined) throw new Error(JSON.stringify(items));
    return found;
  });

beforeAll(async () => {
  stage = await openApiStage();
  const { engine, registry, image, push } = stage;
  for (const name of ['web', 'api']) {
    const digest = registry.setTag(`acme/${name}`, 'v1', 'one');
    const labels = { 'com.docker.stack.namespace': 'shop' };
    engine.addService({ name, image: image(`acme/${name}`, 'v1', digest), replicas: 2, labels });
  }
  await push('acme/web', 'two');
  bad = registry.setTag('acme/api', 'v1', 'bad');
  engine.setOutcome(bad, { kind: 'crash', exitCode: 3, afterMs: 50 });
  await stage.helper().postHook({ image: image('acme/api'), digest: bad });
  await newest('api', 'rolled-back');
}, 60_000);
afterAll(() => stage.close());

describe('at night', () => {
  it('status of one service answers what runs, since when, by whom, is it the newest, how to go back', async () => {
    const { from, to } = await newest('web', 'succeeded');
    const { status, out } = await run(['status', 'web']);
    expect(status).toBe(0);
    expect(out).toMatch(/^web {2}✓ ok {2}✓ current {2}cluster default, stack shop\n/);
    expect(out).toContain(`runs        ${short(to ?? '')}\n`);
    expect(out).toMatch(/since {7}\S.* \(\d+s ago\), when it was verified\n/);
    expect(out).toContain('deployed by hook\n');
    expect(out).toMatch(/newest {6}yes, asked \d+s ago\n/);
    expect(out).toContain(`roll back   cd-helper rollback web --wait   to ${short(from ?? '')}\n`);
  });

  it('and of one that failed what failed, and that it was taken back', async () => {
    const { out } = await run(['status', 'api']);
    expect(out).toMatch(
      /deployed by the helper, which reverted it from \w{12}, deployed by hook\n/,
    );
    expect(out).toMatch(new RegExp(`last try {4}rolled-back .* with ${short(bad)}: \\w`));
    expect(out).toMatch(/because {5}the published digest failed on this service at \d{4}-/);
    expect(out).toContain(
      `story       cd-helper deployments ${(await newest('api', 'rolled-back')).id}`,
    );
    expect(out).not.toContain('yes');
  });

  it('and of one that is frozen why, and that only a thaw ends that', async () => {
    const next = stage.registry.setTag('acme/web', 'v1', 'frozen');
    const { out: frozen } = await run(['freeze', '--service', 'web', '--reason', 'sale']);
    await stage.helper().postHook({ image: stage.image('acme/web'), digest: next });
    const held = await stage.until('web is held', async () => {
      const { out } = await run(['status', 'web']);
      if (!out.includes('held')) throw new Error(out);
      return out;
    });
    expect(held).toContain('and held (frozen): run cd-helper thaw to lift the freeze\n');
    expect(held).toContain('because     frozen until it is lifted: sale\n');
    const refused = await run(['redeploy', 'web']);
    expect([refused.status, refused.err]).toEqual([
      1,
      'web is held (frozen), frozen until it is lifted: sale: nothing was done. Use force to do it anyway\n',
    ]);
    await run(['thaw', frozen.split(' ')[0] ?? '']);
    await newest('web', 'succeeded');
    await stage.until('web runs it', async () => {
      const { out } = await run(['status', 'web']);
      if (!out.includes('current')) throw new Error(out);
    });
  }, 180_000);

  it('one deployment tells its whole story', async () => {
    const { id, from } = await newest('api', 'rolled-back');
    const { status, out } = await run(['deployments', id]);
    expect(status).toBe(0);
    expect(out).toMatch(/^api {2}↩ rolled-back {2}cluster default\n {2}failure +a new task exited/);
    const good = short(from ?? '');
    for (const part of [
      'by        hook, delivery ',
      `The cluster accepted the update to ${short(bad)}\n`,
      `The helper reverts the service to ${good}`,
      `the helper reverted the service to ${good}`,
    ]) {
      expect(out).toContain(part);
    }
    expect(out).toMatch(/queued +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    // Nothing is left that only a program reads, and no task of the bad image is said to run.
    expect(out).not.toMatch(/=null|=false|sha256:\w{64}/);
    expect(out).not.toMatch(new RegExp(`running, image ${short(bad)}`));
    expect(out).not.toContain(`2 of 2 tasks run ${short(bad)}`);
  });

  it('rollback --wait takes it back, and status says that the newest is held', async () => {
    const back = await run(['rollback', 'web', '--wait']);
    expect([back.status, back.out]).toEqual([0, expect.stringContaining('✓ succeeded')]);
    const { out } = await run(['status', 'web']);
    expect(out).toMatch(
      /newest {6}no: \w{12} is published.*, and held \(left-by-person\): run cd-helper release web/,
    );
    expect(out).toContain('deployed by token oncall\n');
    expect((await run(['release', 'web'])).status).toBe(0);
    expect((await run(['redeploy', 'web', '--wait'])).status).toBe(0);
  });
});

describe('--json', () => {
  const items = <T>(item: z.ZodType<T>) => z.strictObject({ items: z.array(item).min(1) });

  it('has the shapes that the help tells', async () => {
    const dry = await runCli(['smart-redeploy', '--dry-run', '--json'], { env: envOf() });
    const { id } = RunSchema.parse(JSON.parse(dry.out));
    const came = await runCli(['deliveries', '--json', '--limit', '1'], { env: envOf() });
    const delivery = items(DeliverySchema).parse(JSON.parse(came.out)).items[0]?.id ?? '';
    const frozen = await runCli(['freeze', '--reason', 'test', '--service', 'web', '--json'], {
      env: envOf(),
    });
    FreezeSchema.parse(JSON.parse(frozen.out));
    const shapes: readonly (readonly [readonly string[], z.ZodType])[] = [
      [['status', 'web'], items(ServiceSchema)],
      [['services'], items(ServiceSchema)],
      [['deployments'], items(DeploymentSchema)],
      [['history'], items(DeploymentSchema)],
      [['deliveries'], items(DeliverySchema)],
      [['deliveries', delivery], DeliveryDetailSchema],
      [['runs'], items(RunSummarySchema)],
      [['runs', id], RunSchema],
      [['freezes'], items(FreezeSchema)],
      [
        ['whoami'],
        z.strictObject({
          url: z.url(),
          name: z.literal('oncall'),
          role: z.string(),
          version: z.string(),
          scope: z.null(),
          expiresAt: z.null(),
        }),
      ],
      [['thaw'], z.strictObject({ thawed: z.string() })],
      [['thaw'], z.strictObject({ thawed: z.null() })],
    ];
    for (const [args, shape] of shapes) {
      const { out } = await runCli([...args, '--json'], { env: envOf() });
      expect(shape.safeParse(JSON.parse(out)).error, args.join(' ')).toBeUndefined();
    }
  });
});

describe('whoever may only look', () => {
  it('is told so, and which token it is', async () => {
    const { status, err } = await run(['redeploy', 'web'], VIEWER);
    expect(status).toBe(1);
    expect(err).toContain('the token is read-only');
    expect((await run(['whoami'], VIEWER)).out).toMatch(/^wall \(viewer\) at http/);
  });
});

describe('a pipe', () => {
  it('for what is no result may be closed early, and the status stays', () => {
    // Nobody reads it any more before anything is said.
    const command = `'${process.execPath}' '${MAIN}' status --nope 2> >(exec true); exit $?`;
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    expect(spawnSync('bash', ['-c', command], { env }).status).toBe(2);
  });

  it('that is closed early is no error', () => {
    const command = `set -o pipefail; '${process.execPath}' '${MAIN}' history --ndjson 2>&1 | head -c 1`;
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...envOf() };
    expect(execFileSync('bash', ['-c', command], { env, encoding: 'utf8' })).toBe('{');
  });
});

describe('deployments --follow', () => {
  it('tells what comes, also beyond a restart of the helper, until Ctrl-C', async () => {
    const follow = startProgram(['deployments', '--follow', '--service', 'web'], { env: envOf() });
    await follow.says(/succeeded/);
    const before = follow.out().length;
    const digest = await stage.push('acme/web', 'three');
    await follow.says(new RegExp(`succeeded .*${short(digest)}`));
    expect(follow.out().length).toBeGreaterThan(before);
    await stage.restart();
    const next = await stage.push('acme/web', 'four');
    await follow.says(new RegExp(`succeeded .*${short(next)}`));
    follow.process.kill('SIGINT');
    expect(await follow.ended).toBe(0);
    expect(follow.err()).not.toContain('    at ');
  }, 60_000);
});
