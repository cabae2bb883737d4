import { describe, expect, it } from 'vitest';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import type { Message } from '../../core/contract/notice.ts';
import { appriseBody } from './apprise.ts';
import { cdEvent } from './cd-event.ts';
import { slackBody } from './slack.ts';

const URL_OF_LINK = 'https://cd.example/approvals/abc_def-0123';
const digest = (sign: string): string => `sha256:${sign.repeat(64)}`;
const build = (revision: string) => ({ version: null, revision, source: null, created: null });

const notice = (change: Partial<GateNotice> = {}): GateNotice => ({
  id: 'n1',
  cluster: 'production',
  service: { id: 'x8', name: 'pay' },
  stack: null,
  image: 'docker.io/acme/pay:v1',
  from: digest('a'),
  to: digest('b'),
  fromTag: 'v1',
  toTag: 'v1',
  state: 'waiting',
  gates: [
    {
      gate: 'approval',
      source: 'payments',
      since: '2026-12-01T10:00:00.000Z',
      until: '2026-12-02T10:00:00.000Z',
      detail: '0 of 2 votes; it expires otherwise',
      votes: { given: 0, needed: 2, by: [] },
      canOpen: ['approver', 'operator'],
    },
  ],
  by: [],
  reason: null,
  replaced: null,
  build: { from: build('982c388aaaaaaa'), to: build('1f0e3dabbbbbbb') },
  link: { url: URL_OF_LINK, expiresAt: '2026-12-02T10:00:00.000Z' },
  at: '2026-12-01T10:00:00.000Z',
  ...change,
});
const message = (...notices: readonly GateNotice[]): Message => ({
  kind: 'gates',
  id: 'm1',
  notices,
});

describe('a message about what waits', () => {
  it('says what would change, until when, and who may open it', () => {
    const { title, body } = appriseBody(message(notice()), []);
    expect(title).toBe('⏳ pay on production waits');
    expect(body).toContain('(commit 982c388 → 1f0e3da)');
    expect(body).toContain(
      'payments: 0 of 2 votes; it expires otherwise at 2026-12-02T10:00:00.000Z; approver or operator may open it',
    );
    expect(body).toContain(URL_OF_LINK);
  });

  it('brings a link that opens in chats, whole however long the rest is', () => {
    const { text, blocks } = slackBody(
      message(notice({ gates: Array.from({ length: 40 }, () => notice().gates).flat() })),
    );
    expect(text).toContain(`<${URL_OF_LINK}>`);
    expect(blocks[0]?.text.text).toContain(`<${URL_OF_LINK}>`);
  });

  it('leads to what changes, in its own words, where a forge has a page of it', () => {
    const compareUrl = 'https://github.com/acme/pay/compare/982c388...1f0e3da';
    const told = message(notice({ compareUrl, state: 'ready', link: null }));
    expect(slackBody(told).text).toContain(`What changes: <${compareUrl}>`);
    expect(appriseBody(told, []).body).toContain(`What changes: ${compareUrl}`);
  });

  it('without a link has none', () => {
    expect(slackBody(message(notice({ link: null }))).text).not.toContain('https');
  });

  it('says that a newer image needs its own votes', () => {
    const { body } = appriseBody(message(notice({ replaced: digest('c') })), []);
    expect(body).toContain(
      'replaces cccccccccccc, which waited before: earlier votes do not count',
    );
  });

  it.each([
    ['ready', { by: ['ana', 'bea'], gates: [] }, 'approved by ana, bea', 'info'],
    ['rejected', { by: ['ana'], reason: 'no <b>' }, 'by ana: no <b>', 'warning'],
    ['expired', { by: ['ana'] }, 'votes of ana', 'warning'],
  ] as const)('of %s names the people', (state, change, line, type) => {
    const told = appriseBody(message(notice({ state, ...change })), []);
    expect(told.body).toContain(line);
    expect(told.type).toBe(type);
  });

  it('is an event of its own, and all of one image have the same chain', () => {
    const events = (['waiting', 'ready'] as const).map((state) =>
      cdEvent('urn:x', message(notice({ state }))),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'dev.cdeventsx.cdhelper-gates.waiting.0.1.0',
      'dev.cdeventsx.cdhelper-gates.ready.0.1.0',
    ]);
    expect(new Set(events.map(({ data }) => data.context.chainId)).size).toBe(1);
    expect(events[0]?.data.customData).toMatchObject({ link: { url: URL_OF_LINK } });
  });
});
