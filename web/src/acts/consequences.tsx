import type { ComponentChildren } from 'preact';

/** What will happen, one thing after another. */
export const Consequences = ({
  items,
}: {
  readonly items: readonly (ComponentChildren | null)[];
}) => (
  <div class="consequences">
    <h3>What will happen</h3>
    <ul>{items.flatMap((item, index) => (item === null ? [] : [<li key={index}>{item}</li>]))}</ul>
  </div>
);
