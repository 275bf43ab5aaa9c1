// Which e-mail address?

import { Field, type FieldProps } from "../ui/Field";

/** The address that is the name of an account. */
export function EmailField(props: Partial<FieldProps>) {
  return <Field label="E-mail" name="email" type="email" inputMode="email" autoComplete="username" maxLength={254} {...props} />;
}
