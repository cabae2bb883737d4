import { type Theme, theme, THEMES } from '../live/theme.ts';
import { Icon } from '../parts/icon.tsx';

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

const after = (present: Theme): Theme =>
  THEMES[(THEMES.indexOf(present) + 1) % THEMES.length] ?? 'system';

export const ThemeSwitch = () => {
  const present = theme.value;
  const label = `Colours: ${present}; switch to ${after(present)}`;
  return (
    <button
      type="button"
      class="plain"
      aria-label={label}
      title={label}
      onClick={() => {
        theme.value = after(present);
      }}
    >
      <Icon name={ICONS[present]} />
    </button>
  );
};
