import type { SpecChange } from '../../../src/core/swarm/spec-changes.ts';
import { visibleText } from '../words/visible-text.ts';

/** What an update changed in the service's spec. */
export const SpecDiff = ({ changes }: { readonly changes: readonly SpecChange[] }) => (
  <ul class="diff">
    {changes.map(({ path, before, after }) => (
      <li key={path}>
        <p class="path">{visibleText(path)}</p>
        {before !== null && (
          <del>
            <span class="off-screen">before: </span>
            <span aria-hidden="true">− </span>
            {visibleText(before)}
          </del>
        )}
        {after !== null && (
          <ins>
            <span class="off-screen">after: </span>
            <span aria-hidden="true">+ </span>
            {visibleText(after)}
          </ins>
        )}
      </li>
    ))}
  </ul>
);
