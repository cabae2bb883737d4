import { shortDigest } from '../../core/image/digest.ts';
import type { HealthNotice } from '../../core/health/health-notice.ts';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import type { Message, Notice, NoticeTrigger } from '../../core/contract/notice.ts';
import { describeGate } from './describe-gate.ts';
import { type Described, oneLine } from './one-line.ts';

const WORDS: Readonly<Record<Notice['state'], readonly [sign: string, word: string]>> = {
  succeeded: ['✅', 'succeeded'],
  failed: ['❌', 'failed'],
  'rolled-back': ['↩️', 'was rolled back'],
  superseded: ['⏭️', 'was superseded'],
  skipped: ['⏭️', 'was skipped'],
};

const SHORT_REVISION = 7;
const short = (digest: string | null): string =>
  digest === null ? 'unknown' : shortDigest(digest);

/** `850 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
const inWords = (ms: number): string => {
  if (ms < 1_000) return `${Math.max(ms, 0)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const tookMs = (notice: Notice): number =>
  Date.parse(notice.endedAt) - Date.parse(notice.startedAt ?? notice.queuedAt);

const ofBuild = ({ build }: Notice): string => {
  const { version = null, revision = null } = build ?? {};
  const commit =
    revision !== null && /^[0-9a-f]{8,}$/i.test(revision)
      ? revision.slice(0, SHORT_REVISION)
      : revision;
  const known = [version, commit].filter((fact) => fact !== null).map(oneLine);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
};

const ofTrigger = ({ kind, source, by }: NoticeTrigger): string => {
  switch (kind) {
    case 'hook':
      return `${by === null ? 'a hook' : `a hook of ${oneLine(by)}`} (delivery ${source})`;
    case 'smart-redeploy':
      return `SmartRedeploy${by === null ? '' : ` by ${oneLine(by)}`} (run ${source})`;
    case 'schedule':
      return `the schedule (run ${source})`;
    case 'person':
      return oneLine(source);
    default:
      return kind satisfies never;
  }
};

const ofFailure = ({ failure, reason }: Notice): readonly string[] => {
  if (failure === null) return reason === null ? [] : [oneLine(reason)];
  const node = failure.nodeName ?? failure.node;
  const where = node === null ? '' : `, node ${oneLine(node)}`;
  const why = reason === null ? '' : `${oneLine(reason)}: `;
  return [`${why}${oneLine(failure.message)}${where}`];
};

export const describe = (notice: Notice): Described => {
  const [sign, word] = WORDS[notice.state];
  const { service, cluster, from, to, runs } = notice;
  const { fromTag, toTag } = notice;
  const moved = from === to ? short(to) : `${short(from)} → ${short(to)}`;
  const tags = fromTag === toTag ? '' : `, ${oneLine(fromTag)} → ${oneLine(toTag)}`;
  const ran = fromTag === toTag ? '' : `${oneLine(fromTag)} `;
  const isBack = notice.state === 'rolled-back' && runs !== null;
  const back = isBack ? [`runs ${ran}${short(runs)} again`] : [];
  const by = notice.triggers.map(ofTrigger);
  return {
    headline: `${sign} ${oneLine(service.name)} on ${oneLine(cluster)} ${word} after ${inWords(tookMs(notice))}`,
    lines: [
      `${oneLine(notice.image)} ${moved}${tags}${ofBuild(notice)}`,
      ...ofFailure(notice),
      ...back,
      ...(by.length === 0 ? [] : [`by ${by.slice(0, 3).join(', ')}${by.length > 3 ? ', …' : ''}`]),
    ],
  };
};

const HEALTH_WORDS: Readonly<Record<HealthNotice['state'], readonly [string, string]>> = {
  failing: ['🔴', 'is failing'],
  recovered: ['🟢', 'has recovered'],
  'known-bad-deployed': ['⚠️', 'runs a held digest that somebody else deployed'],
};

const describeHealth = (notice: HealthNotice): Described => {
  const { state, service, cluster, image, digest, since, restarts, lastError } = notice;
  const [sign, words] = HEALTH_WORDS[state];
  const word = state === 'recovered' && notice.health === 'stopped' ? 'is stopped' : words;
  const reason = notice.reason === null ? '' : `${notice.reason}: `;
  const failed = restarts === 0 ? '' : `${restarts} failed tasks in the last hour`;
  const last = lastError === null ? '' : `last: ${oneLine(lastError)}`;
  return {
    headline: `${sign} ${oneLine(service.name)} on ${oneLine(cluster)} ${word}`,
    lines: [
      `${reason}${oneLine(notice.message)}${since === null ? '' : `, since ${since}`}`,
      ...(failed === '' ? [] : [last === '' ? failed : `${failed}, ${last}`]),
      `${oneLine(image)}${digest === null ? '' : ` ${short(digest)}`}`,
    ],
  };
};

/** A link to the changes, or to a decision, with its text. */
export type PartLink = { readonly url: string; readonly text: string };

/** One notice as a chat channel shows it. `log` returns the container's output, cut to `room` characters. */
export type Part = Described & {
  readonly log: (room: number) => string;
  readonly links: readonly PartLink[];
};

const NO_LOG = (): string => '';

/** The parts of any message but a test. */
export const partsOf = (message: Exclude<Message, { kind: 'test' }>): readonly Part[] => {
  switch (message.kind) {
    case 'deployments':
      return message.notices.map((notice) => ({
        ...describe(notice),
        log: (room: number) => logText(notice, room),
        links: [],
      }));
    case 'health':
      return message.notices.map((one) => ({ ...describeHealth(one), log: NO_LOG, links: [] }));
    case 'gates':
      return message.notices.map((notice) => ({
        ...describeGate(notice),
        log: NO_LOG,
        links: linksOf(notice),
      }));
    default:
      return message satisfies never;
  }
};

const linksOf = ({ compareUrl = null, link }: GateNotice): readonly PartLink[] => [
  ...(compareUrl === null ? [] : [{ url: compareUrl, text: 'What changes' }]),
  ...(link === null
    ? []
    : [{ url: link.url, text: `Look at it and decide (once, until ${link.expiresAt})` }]),
];

/** One line that sums up a message. */
export const titleOf = (message: Message): string => {
  if (message.kind === 'test') return 'Test of doppler-cd-helper';
  if (message.kind === 'health') {
    const [one] = message.notices;
    if (message.notices.length === 1 && one !== undefined) return describeHealth(one).headline;
    const states = Map.groupBy(message.notices, ({ state }) => state);
    const told = [...states].map(([state, notices]) => `${notices.length} ${state}`);
    return `${message.notices.length} services: ${told.join(', ')}`;
  }
  if (message.kind === 'gates') {
    const [one] = message.notices;
    if (message.notices.length === 1 && one !== undefined) return describeGate(one).headline;
    const states = Map.groupBy(message.notices, ({ state }) => state);
    const told = [...states].map(([state, notices]) => `${notices.length} ${state}`);
    return `${message.notices.length} services: ${told.join(', ')}`;
  }
  const [first] = message.notices;
  if (message.notices.length === 1 && first !== undefined) return describe(first).headline;
  const counts = Map.groupBy(message.notices, ({ state }) => state);
  const parts = [...counts].map(([state, notices]) => `${notices.length} ${state}`);
  return `${message.notices.length} deployments: ${parts.join(', ')}`;
};

export const testText = ({ by, at }: Extract<Message, { kind: 'test' }>): string =>
  `This channel works. Asked for by ${oneLine(by)} at ${at}.`;

/** Sample decision links, for a channel that gets such links. */
export const trialLinksOf = ({
  trialLink,
}: Extract<Message, { kind: 'test' }>): readonly PartLink[] =>
  trialLink === null ? [] : [{ url: trialLink, text: 'A trial link, which decides nothing' }];

/** The failed container's lines; if they do not fit, the last of them. Empty if none are to be sent. */
export const logText = ({ failure }: Notice, room: number): string => {
  const text = (failure?.log ?? [])
    .map((line) => line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ').trimEnd())
    .join('\n');
  return text.length > room ? `…${text.slice(text.length - Math.max(room - 1, 0))}` : text;
};
