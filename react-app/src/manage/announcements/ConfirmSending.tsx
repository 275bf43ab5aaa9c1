// How many people get an announcement? Asked before it is sent.

import { useQuery } from "@tanstack/react-query";
import { Confirm } from "../../ui/Confirm";
import { reached } from "../event/roster";
import { headCountQuery, rosterQuery } from "../queries";
import type { Message } from "./AnnouncementForm";
import { type Reach, reachWords } from "./announcement-rules";

interface ConfirmSendingProps {
  slug: string;
  message: Message;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** The number is counted from what the API says now; a failure to count does not stop the sending. */
export function ConfirmSending({ slug, message, ...dialog }: ConfirmSendingProps) {
  const { reach, isCounting } = useReach(slug, message);
  const nobody = reach?.people === 0;
  const title = nobody ? "Nobody would get this" : "Send this message?";
  return (
    <Confirm
      {...dialog}
      title={title}
      action={reach && !nobody ? `Send to ${reachWords(reach)}` : "Send"}
      keep="Go on writing"
      danger={false}
      busy={dialog.busy || isCounting || nobody}
    >
      <p role="status">
        {isCounting && "Counting the people…"}
        {!isCounting && !reach && "How many people get it could not be counted."}
        {reach && nobody && "Nobody is on this list. Choose another audience."}
        {reach && !nobody && `${sentenceStart(reachWords(reach))} will get “${message.subject}” by e-mail. It cannot be called back.`}
      </p>
    </Confirm>
  );
}

function useReach(slug: string, { event_id, audience }: Message): { reach: Reach | null; isCounting: boolean } {
  const ofEvent = useQuery({ ...rosterQuery(slug, event_id ?? 0), enabled: event_id !== null, staleTime: 0 });
  const ofAll = useQuery({ ...headCountQuery(slug), enabled: event_id === null, staleTime: 0 });
  if (event_id === null) return { reach: ofAll.data ?? null, isCounting: ofAll.isFetching };
  const roster = ofEvent.data;
  const reach = roster ? { people: reached(roster.items, audience), atLeast: roster.isCut } : null;
  return { reach, isCounting: ofEvent.isFetching };
}

const sentenceStart = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);
