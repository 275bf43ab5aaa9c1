// How many people does the shift need?

import { useState } from "react";
import { send } from "../../api/client";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { capacityFault } from "../planning/rules";
import { home } from "../queries";
import type { Shift } from "../shapes";
import { useAction } from "../mutations";

/** A button that asks for another number, and says what it leads to before it is saved. */
export function Capacity({ slug, shift }: { slug: string; shift: Shift }) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string>();
  const save = useAction<number>({
    slug,
    run: (capacity) => send("PATCH", `${home(slug)}/shifts/${shift.id}`, { capacity }),
    toast: (_, capacity) => `${shift.title} needs ${capacity} now.`,
    then: () => setOpen(false),
  });

  function open() {
    setText(String(shift.capacity));
    setFault(undefined);
    save.reset();
    setOpen(true);
  }

  function submit() {
    const found = capacityFault(text);
    setFault(found ?? undefined);
    if (!found) save.mutate(Number(text));
  }

  return (
    <>
      <Button look="secondary" onClick={open} aria-label={`Change how many people ${shift.title} needs`}>
        Change places
      </Button>
      {isOpen && (
        <Dialog title={shift.title} onClose={() => setOpen(false)}>
          <Form submit="Save" busy={save.isPending} error={save.error} onSubmit={submit}>
            <Field
              label="People needed"
              name="capacity"
              inputMode="numeric"
              autoComplete="off"
              maxLength={6}
              value={text}
              error={fault}
              hint={consequence(shift, Number(text))}
              onChange={(event) => setText(event.target.value)}
            />
          </Form>
        </Dialog>
      )}
    </>
  );
}

/** Say what another number would do. */
export function consequence({ taken, waiting }: Pick<Shift, "taken" | "waiting">, capacity: number): string {
  const room = Math.max(0, capacity - taken);
  if (capacity < taken) return `${taken} have a place. They keep it; nobody is added until there is room again.`;
  const lucky = Math.min(room, waiting);
  if (lucky > 0) return `${lucky === 1 ? "The first who waits gets" : `The first ${lucky} who wait get`} a place and an e-mail.`;
  return taken === 1 ? "1 has a place." : `${taken} have a place.`;
}
