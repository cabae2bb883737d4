import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/api-problem.ts';
import { newRequestKey } from '../api/request-key.ts';
import { announce } from './announcer.tsx';
import { Dialog } from './dialog.tsx';
import { ProblemNotice } from './notice.tsx';

type ActDialogProps<T> = {
  readonly title: string;
  /** What will happen, before it does, and whatever has to be chosen. */
  readonly children: ComponentChildren;
  /** What the button says that does it. */
  readonly confirm: string;
  readonly isDangerous?: boolean;
  /** Why it cannot be done as it is filled in. */
  readonly blocked?: string | null;
  /** Does it. The key stays the same as long as it is not known whether it was done. */
  readonly act: (key: string) => Promise<T>;
  /** What came of it. */
  readonly result: (value: T) => ComponentChildren;
  readonly onDone?: (value: T) => void;
  readonly onClose: () => void;
};

type Stage<T> =
  | { readonly kind: 'asking'; readonly problem: ApiProblem | null }
  | { readonly kind: 'acting' }
  | { readonly kind: 'done'; readonly value: T };

const asProblem = (error: unknown): ApiProblem =>
  error instanceof ApiProblem ? error : new ApiProblem(0, String(error));

/** Takes the focus once, which was on what is no longer there. */
const CloseButton = ({ onClose }: { readonly onClose: () => void }) => {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <button type="button" ref={button} onClick={onClose}>
      Close
    </button>
  );
};

/** Asks before something is done, with what it will be, and says what came of it. */
export const ActDialog = <T,>({
  title,
  children,
  confirm,
  isDangerous = false,
  blocked = null,
  act,
  result,
  onDone,
  onClose,
}: ActDialogProps<T>) => {
  const [stage, setStage] = useState<Stage<T>>({ kind: 'asking', problem: null });
  const key = useRef<string | null>(null);
  const isThere = useRef(true);
  useEffect(
    () => () => {
      isThere.current = false;
    },
    [],
  );
  const confirmed = async (): Promise<void> => {
    setStage({ kind: 'acting' });
    key.current ??= newRequestKey();
    try {
      const value = await act(key.current);
      // Whoever closed the dialog meanwhile is told all the same.
      if (!isThere.current) announce(`${title}: done`);
      setStage({ kind: 'done', value });
      onDone?.(value);
    } catch (error) {
      const problem = asProblem(error);
      if (!isThere.current) announce(`${title}: ${problem.message}`);
      // What was refused is asked anew the next time; what was cut off may have been done.
      if (problem.status >= 400 && problem.status < 500) key.current = null;
      setStage({ kind: 'asking', problem });
    }
  };
  if (stage.kind === 'done') {
    return (
      <Dialog title={title} onClose={onClose}>
        <div class="dialog-body" role="status">
          {result(stage.value)}
        </div>
        <div class="dialog-foot">
          <CloseButton onClose={onClose} />
        </div>
      </Dialog>
    );
  }
  const isActing = stage.kind === 'acting';
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isActing && blocked === null) void confirmed();
        }}
      >
        <div class="dialog-body">
          {children}
          {stage.kind === 'asking' && stage.problem !== null && (
            <ProblemNotice problem={stage.problem} what="That was not done:" />
          )}
        </div>
        <div class="dialog-foot">
          {blocked !== null && <p class="blocked">{blocked}</p>}
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={isDangerous ? 'danger' : 'primary'}
            disabled={blocked !== null}
            aria-disabled={isActing}
          >
            {isActing && <span class="spinner" aria-hidden="true" />}
            {confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
