// How is a form sent, and who says what is wrong with it?

import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { fieldErrors } from "../api/errors";
import { Button } from "./Button";
import { FormErrors } from "./Field";
import { Failure } from "./Notice";

export type Values = Record<string, string>;

interface FormProps {
  /** What the button says. */
  submit: string;
  busy: boolean;
  error: unknown;
  onSubmit: (values: Values) => void;
  wide?: boolean;
  /** Beside the button. */
  aside?: ReactNode;
  children: ReactNode;
}

/** Fields, one error for all, one button. What the fields themselves know to be wrong is never sent. */
export function Form({ submit, busy, error, onSubmit, wide = false, aside, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [own, setOwn] = useState<Values>({});
  const errors = { ...fieldErrors(error), ...own };

  useEffect(() => focusFirst(form.current, fieldErrors(error)), [error]);

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const found = faultsOf(event.currentTarget);
    setOwn(found);
    focusFirst(event.currentTarget, found);
    if (Object.keys(found).length === 0) onSubmit(valuesOf(event.currentTarget));
  }

  return (
    <form ref={form} className="form" noValidate onSubmit={send}>
      <FormErrors value={errors}>{children}</FormErrors>
      <Failure error={error} />
      <div className="form-end">
        <Button type="submit" busy={busy} className={wide ? "button-wide" : ""}>
          {submit}
        </Button>
        {aside}
      </div>
    </form>
  );
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const isControl = (element: Element): element is Control => "validity" in element && "name" in element;

function faultsOf(form: HTMLFormElement): Values {
  const faults: Values = {};
  for (const control of form.elements) {
    if (isControl(control) && control.name && !control.validity.valid) faults[control.name] ??= faultOf(control);
  }
  return faults;
}

/** Say in a sentence what the browser knows about a field. */
function faultOf(control: Control): string {
  const { validity } = control;
  if (validity.valueMissing) return "Please fill this in.";
  if (validity.typeMismatch && control.type === "email") return "This does not look like an e-mail address.";
  if (validity.tooShort && "minLength" in control) return `Please use at least ${control.minLength} characters.`;
  return control.title || control.validationMessage;
}

function valuesOf(form: HTMLFormElement): Values {
  const values: Values = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") values[name] = name.includes("password") ? value : value.trim();
  }
  return values;
}

function focusFirst(form: HTMLFormElement | null, faults: Readonly<Values>): void {
  const first = [...(form?.elements ?? [])].find((element) => isControl(element) && faults[element.name]);
  if (first instanceof HTMLElement) first.focus();
}
