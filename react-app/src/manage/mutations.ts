// Mutations of the coordinators' pages: each change is sent once, then what was read before is read again.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keyOf } from "./queries";
import { showToast } from "./parts/toast";

interface Action<Given, Answer> {
  slug: string;
  run: (given: Given) => Promise<Answer>;
  /** The message when it is done. */
  toast?: (answer: Answer, given: Given) => string;
  then?: (answer: Answer, given: Given) => void;
}

/** Run an action; afterwards everything about the organization is read again. */
export function useAction<Given = void, Answer = unknown>({ slug, run, toast, then }: Action<Given, Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (answer, given) => {
      if (toast) showToast(toast(answer, given));
      then?.(answer, given);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(slug) }),
  });
}
