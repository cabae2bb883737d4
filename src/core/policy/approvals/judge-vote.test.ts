import { describe, expect, it } from 'vitest';
import type { Digest } from '../../image/digest.ts';
import type { Gate } from '../gates/gate-state.ts';
import { judgeVote, LINK_ROLE, LINK_VOTER, type NewVote, type Standing } from './judge-vote.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}` as Digest;
const DEADLINE = 10_000;

const approval = (change: Partial<Gate> = {}): Gate => ({
  gate: 'approval',
  source: 'production',
  since: 0,
  until: DEADLINE,
  detail: '0 of 2 votes; it expires otherwise',
  votes: { given: 0, needed: 2, by: [] },
  canOpen: ['approver', 'operator'],
  ...change,
});
const window: Gate = {
  gate: 'window',
  source: 'label',
  since: 0,
  until: 5_000,
  detail: 'closed',
  votes: null,
  canOpen: [],
};

const standing = (change: Partial<Standing> = {}): Standing => ({
  digest: DIGEST,
  gates: [window, approval()],
  voters: [],
  ...change,
});
const vote = (change: Partial<NewVote> = {}): NewVote => ({
  person: 'ana',
  role: 'approver',
  digest: null,
  ...change,
});

describe('a vote', () => {
  it('is counted at its gate, and the other gates stay', () => {
    const judged = judgeVote(standing(), vote({ digest: DIGEST }), 1);
    expect(judged).toEqual({
      kind: 'counted',
      gates: [
        window,
        approval({
          votes: { given: 1, needed: 2, by: ['ana'] },
          detail: '1 of 2 votes; it expires otherwise',
        }),
      ],
    });
  });

  it('for the beginning of the digest is for the digest', () => {
    expect(judgeVote(standing(), vote({ digest: DIGEST.slice(0, 19) }), 1).kind).toBe('counted');
  });

  it('of a person who has voted changes nothing', () => {
    expect(judgeVote(standing({ voters: ['ana'] }), vote(), 1)).toEqual({ kind: 'repeated' });
  });

  it.each([
    [
      'for another digest',
      standing(),
      vote({ digest: `sha256:${'cd'.repeat(32)}` }),
      'other-image',
    ],
    ['where only time opens', standing({ gates: [window] }), vote(), 'no-votes-wanted'],
    [
      'of one too many',
      standing({ gates: [approval({ votes: { given: 2, needed: 2, by: ['a', 'b'] } })] }),
      vote(),
      'no-votes-wanted',
    ],
    [
      'of a role that the policies do not allow',
      standing({ gates: [approval({ canOpen: ['operator'] })] }),
      vote(),
      'role-not-allowed',
    ],
    [
      'by a link where only operators may vote',
      standing({ gates: [approval({ canOpen: ['operator'] })] }),
      vote({ person: LINK_VOTER, role: LINK_ROLE }),
      'role-not-allowed',
    ],
  ] as const)('%s is refused', (_what, waits, given, why) => {
    expect(judgeVote(waits, given, 1)).toEqual({ kind: 'refused', why });
  });

  it('counts to the last moment, and not at the deadline', () => {
    expect(judgeVote(standing(), vote(), DEADLINE - 1).kind).toBe('counted');
    expect(judgeVote(standing(), vote(), DEADLINE)).toEqual({ kind: 'refused', why: 'too-late' });
  });
});
