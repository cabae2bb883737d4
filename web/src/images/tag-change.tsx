import { visibleText } from '../words/visible-text.ts';

/** `→ v1.4.2` after an image that moves to another tag. */
export const ToTag = ({ tag }: { readonly tag: string }) => (
  <span class="change">
    <span class="arrow" aria-hidden="true">
      →
    </span>
    <span class="off-screen"> to </span>
    {visibleText(tag)}
  </span>
);

/** `from v1.3.0` after an image that came from another tag. */
export const FromTag = ({ tag }: { readonly tag: string }) => (
  <span class="faint">from {visibleText(tag)}</span>
);
