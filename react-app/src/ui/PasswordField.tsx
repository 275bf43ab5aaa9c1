// How does a person type a password that cannot be seen?

import { useState } from "react";
import { Field, type FieldProps } from "./Field";

/** A password, which can be shown while it is typed. */
export function PasswordField(props: FieldProps) {
  const [isShown, show] = useState(false);
  return (
    <div className="password">
      <Field {...props} type={isShown ? "text" : "password"} spellCheck={false} autoCapitalize="none" />
      <label className="check">
        <input type="checkbox" checked={isShown} onChange={() => show(!isShown)} />
        Show the password
      </label>
    </div>
  );
}

/** A new one, with the rule beside it. */
export function NewPasswordField({ label = "New password", ...props }: Partial<FieldProps>) {
  return (
    <PasswordField
      label={label}
      hint="At least 10 characters. A few words in a row are easy to remember and hard to guess."
      autoComplete="new-password"
      minLength={10}
      maxLength={200}
      {...props}
    />
  );
}
