// How does somebody leave?

import { useMutation } from "@tanstack/react-query";
import { signOut } from "../api/session";
import { Button } from "../ui/Button";
import { Failure } from "../ui/Notice";

/** Leave this browser, or all of them. The page then asks for a sign-in by itself. */
export function SignOut() {
  const leaving = useMutation({ mutationFn: signOut });
  return (
    <section aria-labelledby="sign-out">
      <header>
        <h3 id="sign-out">Sign out</h3>
        <p className="quiet">Everywhere means every browser and phone, at once: for a lost phone, for example.</p>
      </header>
      <div className="actions">
        <Failure error={leaving.error} />
        <Button look="secondary" busy={leaving.isPending} onClick={() => leaving.mutate({ everywhere: false })}>
          Sign out
        </Button>
        <Button look="secondary" busy={leaving.isPending} onClick={() => leaving.mutate({ everywhere: true })}>
          Sign out everywhere
        </Button>
      </div>
    </section>
  );
}
