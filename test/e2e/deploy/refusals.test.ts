import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { endedDelivery } from '../../support/stage/open-stage.ts';
import { API_TOKEN, dockerHubPush, HOOK_SECRET } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const MARKER = 'marker-of-a-refused-body';
const TOO_LONG = `{"image":"${'a'.repeat(300 * 1024)}"}`;
const nested = (depth: number): string => `{"image":${'['.repeat(depth)}${']'.repeat(depth)}}`;

type Refused = {
  readonly name: string;
  readonly path?: string;
  readonly init: RequestInit;
  readonly status: number;
  readonly type: string;
};

const REFUSED: readonly Refused[] = [
  {
    name: 'a wrong secret',
    path: '/hooks/wrong-secret',
    init: { headers: JSON_TYPE, body: `{"image":"acme/${MARKER}:v1"}` },
    status: 401,
    type: 'wrong-secret',
  },
  {
    name: 'no secret',
    path: '/hooks',
    init: { headers: JSON_TYPE, body: `{"image":"acme/${MARKER}:v1"}` },
    status: 401,
    type: 'wrong-secret',
  },
  {
    name: 'the secret and a bit more',
    path: `/hooks/${HOOK_SECRET}x`,
    init: { headers: JSON_TYPE, body: `{"image":"acme/${MARKER}:v1"}` },
    status: 401,
    type: 'wrong-secret',
  },
  {
    name: 'garbage',
    init: { headers: JSON_TYPE, body: `${MARKER} \u0000{{{` },
    status: 400,
    type: 'malformed-json',
  },
  {
    name: 'JSON of nobody',
    init: { headers: JSON_TYPE, body: JSON.stringify({ [MARKER]: true }) },
    status: 400,
    type: 'no-sender-recognised',
  },
  {
    name: '300 KiB',
    init: { headers: JSON_TYPE, body: TOO_LONG },
    status: 413,
    type: 'body-too-large',
  },
  {
    name: 'a form',
    init: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `payload=${MARKER}`,
    },
    status: 415,
    type: 'not-json',
  },
  { name: 'no body', init: { headers: JSON_TYPE }, status: 400, type: 'no-body' },
  {
    name: '100,000 brackets',
    init: { headers: JSON_TYPE, body: nested(100_000) },
    status: 400,
    type: 'too-deep',
  },
  {
    name: 'bytes that are no UTF-8',
    init: { headers: JSON_TYPE, body: Buffer.from('{"image":"\xff\xfe"}', 'latin1') },
    status: 400,
    type: 'not-utf-8',
  },
];

describe('what is refused', () => {
  const stage = useStage({ env: { CD_HELPER_LOG_LEVEL: 'trace' } });

  const post = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${stage.helper.url}${path}`, { method: 'POST', ...init });

  /** Every byte of every file of the store: the database, its log and what else lies beside it. */
  const storeBytes = (): string =>
    readdirSync(stage.folder)
      .map((file) => readFileSync(`${stage.folder}/${file}`, 'latin1'))
      .join('\n');

  test.each(REFUSED)('$name: $status, and nothing is stored', async (refused) => {
    const { helper } = stage;
    const before = (await helper.deliveries()).length;
    const answer = await post(refused.path ?? `/hooks/${HOOK_SECRET}`, refused.init);
    expect(answer.status).toBe(refused.status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const problem = (await answer.json()) as { type: string; status: number; detail: string };
    expect(problem).toMatchObject({ status: refused.status });
    expect(problem.type).toContain(refused.type);
    expect(problem.detail).not.toBe('');
    expect((await helper.deliveries()).length).toBe(before);
    expect(storeBytes()).not.toContain(MARKER);
  });

  test('leaves the process unharmed', async () => {
    const { helper, sandbox } = stage;
    for (const { path, init } of REFUSED) {
      await Promise.all(
        Array.from({ length: 5 }, () => post(path ?? `/hooks/${HOOK_SECRET}`, init)),
      );
    }
    expect((await fetch(`${helper.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${helper.url}/readyz`)).status).toBe(200);
    const image = sandbox.image('refusals/nobody', 'v1');
    const answer = await helper.postHook({ image });
    expect(answer.status).toBe(202);
    const { pushes } = await endedDelivery(helper, answer);
    expect(pushes[0]?.results).toMatchObject([{ outcome: 'no-service' }]);
    const errors = helper.log.filter(({ level }) => level === 'error' || level === 'fatal');
    expect(errors).toEqual([]);
  });

  test('a secret is nowhere in what the process ever wrote', async () => {
    const { helper, sandbox } = stage;
    const encoded = encodeURIComponent(HOOK_SECRET).replaceAll('-', '%2D');
    const image = sandbox.image('refusals/secret', 'v1');
    const note = `a note with ${HOOK_SECRET} and ${API_TOKEN} in it`;
    const hooks: [string, RequestInit][] = [
      [`/hooks/${HOOK_SECRET}`, { headers: JSON_TYPE, body: JSON.stringify({ image, note }) }],
      [`/hooks/${HOOK_SECRET}/`, { headers: JSON_TYPE, body: JSON.stringify({ image }) }],
      [`/hooks/${encoded}`, { headers: JSON_TYPE, body: JSON.stringify({ image }) }],
      [
        `/hooks/${HOOK_SECRET}?token=${HOOK_SECRET}`,
        {
          headers: { ...JSON_TYPE, 'user-agent': `sender/${HOOK_SECRET}` },
          body: JSON.stringify(dockerHubPush('acme/secret', 'v1')),
        },
      ],
      [
        '/hooks',
        {
          headers: { ...JSON_TYPE, authorization: `Bearer ${HOOK_SECRET}` },
          body: JSON.stringify({ image }),
        },
      ],
      [`/hooks/${HOOK_SECRET}`, { headers: JSON_TYPE, body: `{"${HOOK_SECRET}": ` }],
      [`/hooks/${HOOK_SECRET}/deeper`, { headers: JSON_TYPE, body: '{}' }],
      [`/nowhere/${HOOK_SECRET}`, { headers: JSON_TYPE, body: '{}' }],
      [`/api/v1/${HOOK_SECRET}?token=${API_TOKEN}`, { headers: JSON_TYPE, body: '{}' }],
    ];
    const answers: string[] = [];
    for (const [path, init] of hooks) {
      const answer = await post(path, init);
      answers.push(await answer.text());
    }
    expect(answers.filter((text) => text.includes('"delivery"')).length).toBe(5);
    const headers = { authorization: `Bearer ${API_TOKEN}` };
    const metrics = await fetch(`${helper.url}/metrics`, { headers });
    expect(metrics.status).toBe(200);
    const details = await Promise.all(
      (await helper.deliveries()).map(({ id }) => helper.delivery(id)),
    );
    const written = {
      answers: answers.join('\n'),
      metrics: await metrics.text(),
      api: JSON.stringify(details),
      log: helper.output(),
      store: storeBytes(),
    };
    expect(written.store).toContain('refusals/secret');
    for (const [where, text] of Object.entries(written)) {
      for (const secret of [HOOK_SECRET, API_TOKEN, encoded]) {
        expect({ where, found: text.includes(secret) }).toEqual({ where, found: false });
      }
    }
  });
});
