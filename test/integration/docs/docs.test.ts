import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { readCapturedHook } from '../../../src/cli/samples/captured-hook.ts';
import type { CliDeps } from '../../../src/cli/terminal/cli-deps.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { HookAnswerSchema } from '../../../src/http/schemas/delivery.ts';
import { DeploymentSchema } from '../../../src/http/schemas/deployment.ts';
import { ProblemSchema } from '../../../src/http/schemas/problem.ts';
import { RunRequestSchema } from '../../../src/http/schemas/run.ts';
import { ServiceSchema } from '../../../src/http/schemas/service.ts';
import { SessionSchema } from '../../../src/http/schemas/session.ts';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts, HOOK_SECRET } from '../../support/work/memory-ports.ts';
import { readPages, ROOT, shellWords } from '../../support/project/read-docs.ts';

// Texts of .changeset become CHANGELOG.md.
const pages = readPages('*.md', '.changeset/*.md', 'docs/**/*.md', 'examples/*.md');
const blocks = pages.flatMap((page) => page.blocks);
const shellLines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ at, text }) =>
    text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => ({ at, text: line.trim() })),
  );
const codes = [...shellLines, ...pages.flatMap((page) => page.codes)];

it('reads pages, blocks and commands at all', () => {
  expect(pages.length).toBeGreaterThan(15);
  expect(blocks.length).toBeGreaterThan(30);
});

describe('links', () => {
  const targets = pages.flatMap(({ path, links }) =>
    links
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => [path, target, ...target.split('#')] as const),
  );

  it.each(targets)('of %s lead somewhere: %s', (path, _whole, file, anchor) => {
    const found = file === '' ? path : normalize(join(dirname(path), file ?? ''));
    expect(existsSync(join(ROOT, found)), `${found} is missing`).toBe(true);
    if (anchor === undefined) return;
    expect(pages.find((page) => page.path === found)?.anchors).toContain(anchor);
  });

  const files = codes.flatMap(({ at, text }) =>
    [...text.matchAll(/(?<![\w./-])(?:deploy|docs|examples|sandbox|src|test)\/[\w./-]+\.\w+/g)].map(
      ([file]) => [at, file] as const,
    ),
  );
  it.each(files)('%s names a file that is there: %s', (_at, file) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
  });
});

describe('commands', () => {
  const silent = { write: () => undefined };
  const deps: CliDeps = {
    version: '1.2.3',
    stdout: silent,
    stderr: silent,
    signal: new AbortController().signal,
    now: Date.now,
    sources: { env: {}, readFile: () => '', modeOf: () => null },
    serve: async () => 0,
    checks: () => [],
    inspectEngine: async () => [],
  };

  /** The real program, which parses and does nothing. */
  const parse = async (line: string): Promise<string> => {
    const program = createProgram(deps, () => undefined);
    let acted = '';
    const disarm = (command: typeof program): void => {
      if (command.commands.length === 0) {
        command.action(() => {
          acted = command.name();
        });
      }
      command.commands.forEach(disarm);
    };
    disarm(program);
    await program.parseAsync(shellWords(line).slice(1), { from: 'user' });
    return acted;
  };

  const lines = codes
    .filter(({ text }) => /^cd-helper \S/.test(text) && !text.includes('…'))
    .map(({ at, text }) => [at, text] as const);

  it('are many', () => {
    expect(lines.length).toBeGreaterThan(60);
  });

  it.each(lines)('%s: %s', async (_at, line) => {
    expect(await parse(line)).not.toBe('');
  });

  it.each([
    'cd-helper statsu',
    'cd-helper status --clutser x',
    'cd-helper freeze',
    'cd-helper hook',
  ])('would tell a wrong one: %s', async (line) => {
    await expect(parse(line)).rejects.toThrow(/./);
  });

  const scripts = codes
    .map(({ at, text }) => [at, /^\.\/dev ([\w:-]+)/.exec(text)?.[1] ?? ''] as const)
    .filter(([, script]) => script !== '');
  it.each(scripts)('%s: ./dev %s', (_at, script) => {
    const { scripts: known } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(Object.keys(known)).toContain(script);
  });

  it('all stand in the guide', () => {
    const guide = pages.find(({ path }) => path === 'docs/guide/operate.md')?.text ?? '';
    const names = createProgram(deps, () => undefined)
      .commands.map((command) => command.name())
      .filter((name) => !name.startsWith('__'));
    expect(names.filter((name) => !guide.includes(`\`cd-helper ${name}`))).toEqual([]);
  });
});

describe('over HTTP', () => {
  const ports = createMemoryPorts();
  let server: FastifyInstance;
  beforeAll(async () => {
    server = await createServer(ports.deps);
  });
  afterAll(() => server.close());

  const post = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
    ports.accepted.length = 0;
    const answer = await server.inject({
      method: 'POST',
      url: `/hooks/${HOOK_SECRET}`,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: answer.statusCode, delivery: ports.accepted[0] };
  };

  const bodies = blocks.filter(({ kind }) => kind[0] === 'hook');
  it.each(bodies)('$at is a hook that holds pushes', async ({ language, kind, text }) => {
    const captured = readCapturedHook(text, []);
    expect(captured).toMatchObject({ ok: true });
    if (!captured.ok) return;
    const headers = Object.entries(captured.delivery.headers).map(([name, value]) => [
      name,
      String(value),
    ]);
    const body = Buffer.from(captured.delivery.raw).toString();
    const { status, delivery } = await post(body, Object.fromEntries(headers));
    expect(status).toBe(202);
    expect(delivery).toMatchObject({ sender: kind[1], ignored: [] });
    expect(delivery?.pushes.length).toBeGreaterThan(0);
    expect(['json', 'http']).toContain(language);
  });

  const sent = codes.flatMap(({ at, text }) =>
    [...text.matchAll(/(?: -d |body=)'([^']+)'/g)].map(([, body = '']) => ({ at, text, body })),
  );
  it.each(sent)('$at sends what is understood: $body', async ({ text, body }) => {
    if (text.includes('/smart-redeploy')) {
      expect(RunRequestSchema.safeParse(JSON.parse(body)).error).toBeUndefined();
    } else {
      expect(await post(body)).toMatchObject({ status: 202, delivery: { ignored: [] } });
    }
  });

  const answers: Readonly<Record<string, z.ZodType>> = {
    Deployment: DeploymentSchema,
    HookAnswer: HookAnswerSchema,
    Problem: ProblemSchema,
    Service: ServiceSchema,
    Session: SessionSchema,
  };
  it.each(blocks.filter(({ kind }) => kind[0] === 'answer'))(
    '$at is an answer of its kind',
    ({ kind, text }) => {
      const shown: unknown = JSON.parse(text);
      expect(answers[kind[1] ?? '']?.parse(shown)).toEqual(shown);
    },
  );

  const pathsOf = (): readonly (readonly [method: string, path: string])[] => {
    const document = server.swagger() as { paths?: Record<string, Record<string, unknown>> };
    return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
    );
  };
  /** Routes of the Docker Engine, which none of ours begins like. */
  const OF_THE_ENGINE = /^\/(?:_ping|version|info|events|nodes|tasks|services)(?:\/|$)/;
  const isOf = (template: string, path: string): boolean =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);

  const routes = [...codes, ...blocks].flatMap(({ at, text }) => [
    ...[...text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE|OPTIONS) (\/[^\s`"'?…]+)/g)]
      .map(([, method = '', path = '']) => ({ at, method, path }))
      .filter(({ path }) => !OF_THE_ENGINE.test(path)),
    ...[...text.matchAll(/https?:\/\/[\w.:-]+(\/(?:api|openapi|metrics)[^\s`"'?…]*)/g)].map(
      ([, path = '']) => ({ at, method: '', path }),
    ),
  ]);

  it('routes are named', () => {
    expect(routes.length).toBeGreaterThan(40);
  });

  /** Also for routes that are not described. Nothing is found at others, or they take no such method. */
  const isAnswered = async (
    method: NonNullable<InjectOptions['method']>,
    path: string,
  ): Promise<boolean> => {
    const { statusCode } = await server.inject({
      method,
      url: path.replaceAll(/[{}]/g, ''),
      headers: { 'webhook-request-origin': 'sender.example.org' },
    });
    return statusCode !== 404 && statusCode !== 405;
  };

  it.each(routes)('$at: $method $path exists', async ({ method, path }) => {
    const isDescribed = pathsOf().some(
      ([one, template]) => (method === '' || one === method) && isOf(template, path),
    );
    const plain = method === '' ? 'GET' : method;
    expect(isDescribed || (await isAnswered(plain, path))).toBe(true);
  });

  it.each([['POST', '/healthz'] as const, ['GET', '/dashboard'] as const])(
    'would tell that there is no %s %s',
    async (method, path) => {
      expect(await isAnswered(method, path)).toBe(false);
    },
  );

  it('every route stands in the reference', () => {
    const told = routes.filter(({ at }) => at.startsWith('docs/reference/api.md'));
    const missing = pathsOf().filter(
      ([method, template]) =>
        !told.some((one) => one.method === method && isOf(template, one.path)),
    );
    expect(missing).toEqual([]);
  });
});

describe('the picture', () => {
  const picture = readFileSync(join(ROOT, 'docs/images/demo.svg'), 'utf8');

  it('is small, needs nothing from outside, and shows a push that was verified', () => {
    expect(Buffer.byteLength(picture)).toBeLessThan(20_000);
    expect(picture).not.toMatch(/<script|href|url\(|@import|token|<image/i);
    for (const step of ['hook received', 'update accepted', 'verified', 'asked of them']) {
      expect(picture).toContain(step);
    }
    expect(picture).not.toContain('SIMULATED');
  });
});
