import { visibleText } from '../words/visible-text.ts';

/** A name that breaks behind its joints, rather than anywhere, where it does not fit. */
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
