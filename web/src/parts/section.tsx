import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A part of a page with its own heading. */
export const Section = ({
  title,
  aside,
  children,
}: {
  readonly title: string;
  /** Rendered next to the heading. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) => {
  const id = useId();
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
};
