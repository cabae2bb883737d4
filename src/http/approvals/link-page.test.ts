import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { waitingOf } from '../../../test/support/http/api-samples.ts';
import { decisionPage, LINK_PAGE_HEADERS, notePage } from './link-page.ts';

const page = (name = 'pay', compareUrl: string | null = null): string =>
  decisionPage({
    waiting: waitingOf({ name, compareUrl }),
    channel: 'ops',
    expiresAt: '2099-01-02T10:00:00.000Z',
    formToken: 'form-token',
  });

it('shows from which commit to which, what it waits for, and until when the link works', () => {
  const html = page();
  expect(html).toContain('982c388 → 1f0e3da');
  expect(html).toContain('0 of 2 votes');
  expect(html).toContain('until 2099-01-02 10:00 UTC');
  expect(html).toContain('1 more vote is needed');
});

it('leads to what changes, and tells the forge nothing of itself', () => {
  expect(page()).not.toContain('What changes');
  expect(page('pay', 'https://forge.example/a?b&c"')).toContain(
    '<a href="https://forge.example/a?b&amp;c&quot;" target="_blank" rel="noopener noreferrer">What changes',
  );
});

it('what others wrote is text, and nothing a browser obeys', () => {
  const html = page(`<img src=x onerror=alert(1)>"'&\u202e`);
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  expect(notePage('<b>', '<script>')).not.toMatch(/<b>|<script>/);
});

it('has no script, and its policy lets its own style alone through', () => {
  const html = page();
  expect(html).not.toMatch(/<script|<link|\son\w+=|https?:\/\/(?!forge\.example)/);
  const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(html) ?? [];
  expect(LINK_PAGE_HEADERS['content-security-policy']).toContain(
    `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  );
  expect(LINK_PAGE_HEADERS['content-security-policy']).toContain("default-src 'none'");
});

it('both forms carry the form token, and a rejection asks for a reason', () => {
  const html = page();
  expect(html.match(/name="form" value="form-token"/g)).toHaveLength(2);
  expect(html).toMatch(/<label for="reason">[\s\S]*<input id="reason" name="reason" required/);
});
