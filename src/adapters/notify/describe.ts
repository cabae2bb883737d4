import { type Digest, shortDigest } from '../../core/digest.ts';
import type { Message, Notice, NoticeTrigger } from '../../core/notice.ts';

/** One notice in plain lines, none of which breaks. */
export type Described = { readonly headline: string; readonly lines: readonly string[] };

const WORDS: Readonly<Record<Notice['state'], readonly [sign: string, word: string]>> = {
  succeeded: ['✅', 'succeeded'],
  failed: ['❌', 'failed'],
  'rolled-back': ['↩️', 'was rolled back'],
  superseded: ['⏭️', 'was superseded'],
  skipped: ['⏭️', 'was skipped'],
};

const SHORT_REVISION = 7;
/** What others wrote is cut here: image labels, errors of tasks, reasons. */
const LONGEST_FOREIGN = 300;

/** Text of others on one line, without what a terminal or a chat would obey. */
const oneLine = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  return plain.length > LONGEST_FOREIGN ? `${plain.slice(0, LONGEST_FOREIGN - 1)}…` : plain;
};

const short = (digest: string | null): string =>
  digest === null ? 'unknown' : shortDigest(digest as Digest);

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
  const moved = from === to ? short(to) : `${short(from)} → ${short(to)}`;
  const back = notice.state === 'rolled-back' && runs !== null ? [`runs ${short(runs)} again`] : [];
  const by = notice.triggers.map(ofTrigger);
  return {
    headline: `${sign} ${oneLine(service.name)} on ${oneLine(cluster)} ${word} after ${inWords(tookMs(notice))}`,
    lines: [
      `${oneLine(notice.image)} ${moved}${ofBuild(notice)}`,
      ...ofFailure(notice),
      ...back,
      ...(by.length === 0 ? [] : [`by ${by.slice(0, 3).join(', ')}${by.length > 3 ? ', …' : ''}`]),
    ],
  };
};

/** One line over all of a message. */
export const titleOf = (message: Message): string => {
  if (message.kind === 'test') return 'Test of doppler-cd-helper';
  const [first] = message.notices;
  if (message.notices.length === 1 && first !== undefined) return describe(first).headline;
  const counts = Map.groupBy(message.notices, ({ state }) => state);
  const parts = [...counts].map(([state, notices]) => `${notices.length} ${state}`);
  return `${message.notices.length} deployments: ${parts.join(', ')}`;
};

export const testText = ({ by, at }: Extract<Message, { kind: 'test' }>): string =>
  `This channel works. Asked for by ${oneLine(by)} at ${at}.`;

/** The failing container's lines, the last where not all have room; blank where none are to be sent. */
export const logText = ({ failure }: Notice, room: number): string => {
  const text = (failure?.log ?? [])
    .map((line) => line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ').trimEnd())
    .join('\n');
  return text.length > room ? `…${text.slice(text.length - Math.max(room - 1, 0))}` : text;
};
