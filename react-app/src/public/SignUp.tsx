// How does a volunteer take a place?

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Newcomer, signUp } from "../api/events";
import type { Me, Shift, SignedUp, VolunteerEvent } from "../api/types";
import { useAttemptKey } from "../api/use-attempt-key";
import { useSession } from "../api/use-session";
import { isAhead } from "../time";
import { Field } from "../ui/Field";
import { Form, type Values } from "../ui/Form";
import { MySignUpsForEvent } from "./MySignUpsForEvent";
import { ShiftChoice } from "./ShiftChoice";
import { SignedUpPanel } from "./SignedUpPanel";

export interface Done {
  shift: Shift;
  answer: SignedUp;
  email: string;
}

/** Choose a shift, say who you are, done. What was typed is kept for a second shift. */
export function SignUp({ event }: { event: VolunteerEvent }) {
  const [who, setWho] = useState<Newcomer>({ name: "", email: "" });
  const [done, setDone] = useState<Done | null>(null);
  if (done) return <SignedUpPanel event={event} done={done} again={() => setDone(null)} />;
  return (
    <>
      <MySignUpsForEvent event={event} />
      <SignUpForm {...{ event, who, setWho, setDone }} />
    </>
  );
}

interface SignUpFormProps {
  event: VolunteerEvent;
  who: Newcomer;
  setWho: (who: Newcomer) => void;
  setDone: (done: Done) => void;
}

function SignUpForm({ event, who, setWho, setDone }: SignUpFormProps) {
  const { me, kind } = useSession();
  const [chosen, choose] = useState(() => onlyChoice(event.shifts));
  const shift = event.shifts.find(({ id }) => id === chosen);
  const sending = useSending(event, me, setDone);

  function submit(values: Values) {
    const person = { name: values.name ?? "", email: values.email ?? "" };
    if (!me) setWho(person);
    if (shift) sending.mutate({ shift, who: me ? null : person });
  }

  return (
    <div className="sheet">
      <h2 id="sign-up">{event.shifts.length > 1 ? "Choose a shift" : "Sign up"}</h2>
      <Form
        submit={shift && shift.free <= 0 ? "Join the waiting list" : "Sign up"}
        busy={sending.isPending || kind === "unknown"}
        error={sending.error}
        onSubmit={submit}
        wide
      >
        <ShiftChoice shifts={event.shifts} chosen={chosen} choose={choose} />
        {me ? <AsMe me={me} /> : <WhoFields who={who} />}
      </Form>
    </div>
  );
}

/** One shift that can be taken needs no choice. */
function onlyChoice(shifts: Shift[]): number | null {
  const open = shifts.filter((shift) => isAhead(shift));
  return open.length === 1 && open[0] ? open[0].id : null;
}

function useSending(event: VolunteerEvent, me: Me | null, setDone: (done: Done) => void) {
  const queries = useQueryClient();
  const keyFor = useAttemptKey();
  return useMutation({
    mutationFn: (attempt: { shift: Shift; who: Newcomer | null }) =>
      signUp(attempt.shift.id, attempt.who, keyFor([attempt.shift.id, attempt.who])),
    onSuccess: (answer, { shift, who }) => setDone({ shift, answer, email: who?.email ?? me?.email ?? "" }),
    // Also after a refusal: somebody else may have changed the event meanwhile.
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["event", event.id] });
      void queries.invalidateQueries({ queryKey: ["my-sign-ups"] });
    },
  });
}

function WhoFields({ who }: { who: Newcomer }) {
  return (
    <>
      <Field label="Your name" name="name" autoComplete="name" maxLength={200} defaultValue={who.name} />
      <Field
        label="Your e-mail"
        name="email"
        type="email"
        autoComplete="email"
        inputMode="email"
        maxLength={254}
        hint="Only for this event: a confirmation and, if plans change, news."
        defaultValue={who.email}
      />
    </>
  );
}

function AsMe({ me }: { me: Me }) {
  return (
    <p className="as-me">
      You sign up as <strong>{me.name}</strong>, {me.email}.
    </p>
  );
}
