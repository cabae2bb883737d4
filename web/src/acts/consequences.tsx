import type { ComponentChildren } from 'preact';

/** A list of what will happen. */
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
