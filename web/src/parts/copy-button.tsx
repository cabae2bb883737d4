import { useContext, useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import { Icon } from './icon.tsx';
import { InRow } from './in-row.ts';

const TOLD_MS = 1_500;

/** `navigator.clipboard` does not exist on a page without TLS. */
const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'off-screen';
    // Inside the open dialog, if there is one: nothing else can take the focus.
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (before instanceof HTMLElement) before.focus();
    return done;
  }
};

/** `what` is for screen readers: `Copy digest 2c26b46b68ff`. */
export const CopyButton = ({ text, what }: { readonly text: string; readonly what: string }) => {
  const [copied, setCopied] = useState(false);
  const isInRow = useContext(InRow);
  const act = async (): Promise<void> => {
    const done = await copy(text);
    announce(done ? 'Copied' : 'Could not copy');
    setCopied(done);
    setTimeout(() => setCopied(false), TOLD_MS);
  };
  return (
    <button
      type="button"
      class="copy"
      {...(isInRow ? { tabIndex: -1 } : {})}
      aria-label={`Copy ${what}`}
      title={`Copy ${text}`}
      onClick={() => void act()}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
};
