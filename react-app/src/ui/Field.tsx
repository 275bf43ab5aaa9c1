// What is asked in a form, and what is wrong with the answer?

import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useContext,
  useId,
} from "react";

/** What the form knows to be wrong, by the name of the field. */
export const FormErrors = createContext<Readonly<Record<string, string>>>({});

interface Common {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Most fields are required; the others say so in their label. */
  optional?: boolean;
}

type Control = { id: string; required: boolean; "aria-invalid": true | undefined; "aria-describedby": string | undefined };

export type FieldProps = Common & InputHTMLAttributes<HTMLInputElement>;

/** One line of text: label above, hint and error below, tied together for a screen reader. */
export function Field({ label, hint, error, optional = false, ...input }: FieldProps) {
  return (
    <Labelled {...{ label, hint, error, optional }} name={input.name}>
      {(control) => <input className="input" {...control} {...input} />}
    </Labelled>
  );
}

/** Several lines of text. */
export function TextArea({ label, hint, error, optional = false, ...input }: Common & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Labelled {...{ label, hint, error, optional }} name={input.name}>
      {(control) => <textarea className="input" rows={5} {...control} {...input} />}
    </Labelled>
  );
}

/** One of a few. */
export function Select({ label, hint, error, optional = false, ...input }: Common & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Labelled {...{ label, hint, error, optional }} name={input.name}>
      {(control) => <select className="input" {...control} {...input} />}
    </Labelled>
  );
}

interface LabelledProps extends Common {
  name: string | undefined;
  children: (control: Control) => ReactNode;
}

function Labelled({ label, hint, error: ownError, optional, name, children }: LabelledProps) {
  const id = useId();
  const known = useContext(FormErrors);
  const error = ownError ?? (name === undefined ? undefined : known[name]);
  const notes = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {optional && <span className="optional"> (optional)</span>}
      </label>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children({
        id,
        required: !optional,
        "aria-invalid": error ? true : undefined,
        "aria-describedby": notes || undefined,
      })}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
