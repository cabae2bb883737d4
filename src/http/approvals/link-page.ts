import { hash } from 'node:crypto';
import { shortDigest } from '../../core/image/digest.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import type { GateView } from '../../core/policy/gates/gate-state.ts';
import type { BuildFacts } from '../../core/image/published.ts';

/** The page works without scripts, and reads well on a phone. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --faint: #556070; --paper: #fff; --line: #c9d1dc; --go: #0b6b3a; --stop: #a11b1b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --faint: #a9b4c2; --paper: #14181f; --line: #3a4453; --go: #8fdcb0; --stop: #ffb0a8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; }
dl { margin: 0; border-top: 1px solid var(--line); }
dl > div { padding: .5rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--faint); font-size: .875rem; }
dd { margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0 .75rem; overflow-wrap: anywhere; }
a { color: inherit; }
label { display: block; margin-bottom: .25rem; }
input { width: 100%; min-height: 2.75rem; padding: .5rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--faint); border-radius: .375rem; }
button { width: 100%; min-height: 3rem; margin-top: .5rem; font: inherit; font-weight: 600; border-radius: .375rem; border: 2px solid; background: transparent; cursor: pointer; }
button.go { color: var(--go); }
button.stop { color: var(--stop); }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
`;

/** Only the page's own style, and forms that submit to the page itself. */
export const LINK_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Other people write images, names and reasons. Here they are plain text on one line, whatever they contain. */
const text = (value: string): string =>
  value
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
${body}
</main>
</body>
</html>
`;

/** A page with a message only. */
export const notePage = (title: string, ...lines: readonly string[]): string =>
  page(title, lines.map((line) => `<p>${text(line)}</p>`).join('\n'));

const SHORT_REVISION = 7;

const built = (build: BuildFacts | null): string => {
  const { version = null, revision = null } = build ?? {};
  const parts = [version, revision?.slice(0, SHORT_REVISION) ?? null].filter((one) => one !== null);
  return parts.length === 0 ? 'not known' : parts.join(', ');
};

const short = (digest: string | null): string =>
  digest === null ? 'not known' : shortDigest(digest);

/** `2026-03-01 10:00 UTC` */
const time = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

const gateText = ({ source, detail, votes, until }: GateView): string => {
  const who = votes === null || votes.by.length === 0 ? '' : ` (${votes.by.join(', ')})`;
  const end =
    until === null ? '' : votes === null ? `, opens at ${time(until)}` : ` at ${time(until)}`;
  return `${detail}${who}${end}. Asked for by ${source}.`;
};

const facts = (waiting: WaitingView): readonly (readonly [string, string])[] => {
  const { cluster, stack, image, running, target, build } = waiting;
  const presentTag = image.slice(image.lastIndexOf(':') + 1);
  return [
    ['Cluster', cluster],
    ...(stack === null ? [] : [['Stack', stack] as const]),
    ['Image', image.slice(0, image.lastIndexOf(':'))],
    ['Tag', presentTag === target.tag ? target.tag : `${presentTag} → ${target.tag}`],
    ['Commit', `${built(build.running)} → ${built(build.target)}`],
    ['Source, as the image says', build.target?.source ?? 'not known'],
    ['Digest', `${short(running)} → ${short(target.digest)}`],
  ];
};

/** The forge may require a sign-in. The link's address is not passed on to it. */
const changes = ({ compareUrl }: WaitingView): string =>
  compareUrl === null
    ? ''
    : `<p><a href="${text(compareUrl)}" target="_blank" rel="noopener noreferrer">What changes between the two commits</a></p>
`;

const missingAfter = ({ gates }: WaitingView): string => {
  const votes = gates.find((gate) => gate.votes !== null)?.votes ?? null;
  const missing = (votes?.needed ?? 1) - (votes?.given ?? 0) - 1;
  return missing <= 0
    ? 'It is the last vote that is needed: the service is deployed as soon as no other gate is closed.'
    : `After it, ${missing} more ${missing === 1 ? 'vote is' : 'votes are'} needed.`;
};

export type DecisionForm = {
  readonly waiting: WaitingView;
  readonly channel: string;
  readonly expiresAt: string;
  /** Must be submitted with the form. */
  readonly formToken: string;
};

/** Shows what would change, and decides nothing. */
export const decisionPage = ({ waiting, channel, expiresAt, formToken }: DecisionForm): string => {
  const rows = facts(waiting).map(
    ([name, value]) => `<div><dt>${text(name)}</dt><dd>${text(value)}</dd></div>`,
  );
  const gates = waiting.gates.map((gate) => `<p>${text(gateText(gate))}</p>`);
  const token = `<input type="hidden" name="form" value="${text(formToken)}">`;
  return page(
    `Deploy ${waiting.name}?`,
    `<dl>
${rows.join('\n')}
</dl>
${changes(waiting)}<h2>It waits for</h2>
${gates.join('\n')}
<p>This link was sent to the channel ${text(channel)}. It works once, until ${text(time(expiresAt))}.</p>
<h2>Approve</h2>
<p>Counts as one vote, which all channels share. ${text(missingAfter(waiting))}</p>
<form method="post">
${token}
<input type="hidden" name="decision" value="approve">
<button class="go">Approve ${text(waiting.name)}</button>
</form>
<h2>Reject</h2>
<p>The service keeps what it runs, and this image is held until another one is pushed or an operator releases it. Everybody can read the reason.</p>
<form method="post">
${token}
<input type="hidden" name="decision" value="reject">
<label for="reason">Reason</label>
<input id="reason" name="reason" required maxlength="1000" autocomplete="off">
<button class="stop">Reject ${text(waiting.name)}</button>
</form>`,
  );
};

/** The page behind the link in a test notification. */
export const trialPage = (): string =>
  notePage(
    'This is a trial link',
    'It decides nothing, and works as often as you like. The channel that it was sent to gets such links for images that wait for votes.',
    'A real one shows the service, the image, from which commit to which, and what it waits for. There you approve or reject; it works once.',
  );

export const approvedPage = (waiting: WaitingView): string =>
  notePage(
    `${waiting.name} is approved`,
    ...waiting.gates.map(gateText),
    'The vote of the channels is counted. You can close this page.',
  );

export const rejectedPage = (waiting: WaitingView): string =>
  notePage(
    `${waiting.name} is rejected`,
    `${waiting.name} keeps what it runs. The image ${short(waiting.target.digest)} is held until another one is pushed, or an operator releases it.`,
  );
