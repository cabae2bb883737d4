import type { GateView } from '../../../src/core/policy/gates/gate-state.ts';
import { Age } from '../parts/age.tsx';
import { Icon } from '../parts/icon.tsx';
import { visibleText } from '../words/visible-text.ts';

export const GATE_NAMES: Readonly<Record<GateView['gate'], string>> = {
  'min-age': 'Minimum age',
  window: 'Window',
  approval: 'Approval',
};

const whoOpens = ({ gate, canOpen }: GateView): string => {
  if (canOpen.length === 0) return 'Only time opens it.';
  const roles = canOpen.join(' or ');
  return gate === 'approval'
    ? `You need the role ${roles} to vote.`
    : `Enough votes open it too (${roles}).`;
};

/** Each closed gate: what it requires, until when, and who can open it. */
export const GateList = ({ gates }: { readonly gates: readonly GateView[] }) => (
  <ul class="gates">
    {gates.map((gate) => (
      <li key={`${gate.gate} ${gate.source}`}>
        <Icon name={gate.votes === null ? 'clock' : 'user'} />
        <div>
          <p>
            <strong>{GATE_NAMES[gate.gate]}:</strong> {visibleText(gate.detail)}
            {gate.until !== null && (
              <>
                {' '}
                ({gate.votes === null ? 'opens' : 'ends'} <Age at={gate.until} />)
              </>
            )}
          </p>
          <p class="faint">
            {gate.votes !== null && gate.votes.by.length > 0
              ? `Approved by ${gate.votes.by.map(visibleText).join(', ')}. `
              : ''}
            {whoOpens(gate)} Asked for by {visibleText(gate.source)}.
          </p>
        </div>
      </li>
    ))}
  </ul>
);
