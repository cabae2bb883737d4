import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

type FieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
};

export const TextField = ({
  label,
  value,
  onChange,
  hint,
  placeholder = '',
  isSearch = false,
  isRequired = false,
}: FieldProps & {
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isSearch?: boolean;
  readonly isRequired?: boolean;
}) => {
  const id = useId();
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        {...(isSearch ? { type: 'search' } : { type: 'text' })}
        value={value}
        placeholder={placeholder}
        required={isRequired}
        autocomplete="off"
        spellcheck={false}
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};

export type Choice = { readonly value: string; readonly label: string };

export const SelectField = ({
  label,
  value,
  onChange,
  choices,
}: FieldProps & { readonly choices: readonly Choice[] }) => {
  const id = useId();
  // The value in the address may no longer exist, but it still is the filter.
  const isKnown = choices.some((choice) => choice.value === value);
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {!isKnown && <option value={value}>{value}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
};

export const CheckField = ({
  isChecked,
  onChange,
  children,
}: {
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly children: ComponentChildren;
}) => (
  <label class="check">
    <input
      type="checkbox"
      checked={isChecked}
      onChange={({ currentTarget }) => onChange(currentTarget.checked)}
    />
    <span>{children}</span>
  </label>
);
