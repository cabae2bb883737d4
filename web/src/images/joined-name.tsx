import { visibleText } from '../words/visible-text.ts';

/** A name that, if it does not fit, breaks after its separators rather than anywhere. */
export const JoinedName = ({ name }: { readonly name: string }) => (
  <>
    {visibleText(name)
      .split(/(?<=[_.-])/)
      .map((part, index) => (
        <>
          {index > 0 && <wbr />}
          {part}
        </>
      ))}
  </>
);
