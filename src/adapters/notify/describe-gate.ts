import { shortDigest } from '../../core/image/digest.ts';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import type { GateView } from '../../core/policy/gates/gate-state.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { type Described, oneLine } from './one-line.ts';

const WORDS: Readonly<Record<GateNotice['state'], readonly [sign: string, words: string]>> = {
  waiting: ['⏳', 'waits'],
  ready: ['🚦', 'may be deployed: its gates are open'],
  rejected: ['⛔', 'is not deployed: somebody rejected the image'],
  expired: ['⌛', 'is not deployed: it did not have its votes in time'],
};

const SHORT_REVISION = 7;

const commitOf = (build: BuildFacts | null): string | null =>
  build?.revision?.slice(0, SHORT_REVISION) ?? build?.version ?? null;

const moved = (from: string | null, to: string | null): string =>
  `${from ?? 'unknown'} → ${to ?? 'unknown'}`;

const short = (digest: string | null): string | null =>
  digest === null ? null : shortDigest(digest);

/** `production: 0 of 2 votes; it expires otherwise at …; approver or operator may open it` */
const gateLine = ({ source, detail, until, votes, canOpen }: GateView): string => {
  const time = until === null ? '' : votes === null ? `: opens at ${until}` : ` at ${until}`;
  const who = canOpen.length === 0 ? '' : `; ${canOpen.join(' or ')} may open it`;
  return oneLine(`${source}: ${detail}${time}${who}`);
};

const people = ({ state, by, reason }: GateNotice): readonly string[] => {
  if (by.length === 0) return [];
  const names = by.map(oneLine).join(', ');
  switch (state) {
    case 'rejected':
      return [`by ${names}${reason === null ? '' : `: ${oneLine(reason)}`}`];
    case 'ready':
      return [`approved by ${names}`];
    case 'waiting':
    case 'expired':
      return [`votes of ${names}`];
    default:
      return state satisfies never;
  }
};

export const describeGate = (notice: GateNotice): Described => {
  const { service, cluster, image, from, to, fromTag, toTag, build, replaced } = notice;
  const [sign, words] = WORDS[notice.state];
  const commits = moved(commitOf(build.from), commitOf(build.to));
  const hasCommits = commitOf(build.to) !== null;
  const tags = fromTag === toTag ? '' : `, ${oneLine(fromTag)} → ${oneLine(toTag)}`;
  return {
    headline: `${sign} ${oneLine(service.name)} on ${oneLine(cluster)} ${words}`,
    lines: [
      `${oneLine(image)} ${moved(short(from), short(to))}${tags}${hasCommits ? ` (commit ${oneLine(commits)})` : ''}`,
      ...(replaced === null
        ? []
        : [`replaces ${short(replaced)}, which waited before: earlier votes do not count`]),
      ...notice.gates.map(gateLine),
      ...people(notice),
    ],
  };
};
