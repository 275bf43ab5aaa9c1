// Write an announcement to the people of an event.

import { useState } from "react";
import { leave } from "../../navigation";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { AnnouncementForm } from "../announcements/AnnouncementForm";
import type { ManagedEvent } from "../shapes";

/** A button that opens the form for an announcement about this event. */
export function AnnounceToEvent({ slug, event }: { slug: string; event: ManagedEvent }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="secondary" onClick={() => setOpen(true)}>
        Write to its people
      </Button>
      {isOpen && (
        <Dialog title="Write to its people" onClose={() => leave(() => setOpen(false))}>
          <AnnouncementForm slug={slug} event={event} onDone={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}
