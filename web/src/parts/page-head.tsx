import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** On the first page the browser already starts at the top, before the link that skips the menu. */
let isFirstPage = true;

/** The heading of a page. After a page change it takes the focus, so that a screen reader starts there. */
export const PageHead = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · cd-helper`;
  }, [title]);
  useEffect(() => {
    if (!isFirstPage) heading.current?.focus({ preventScroll: true });
    isFirstPage = false;
    scrollTo(0, 0);
  }, []);
  return (
    <div class="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
};
