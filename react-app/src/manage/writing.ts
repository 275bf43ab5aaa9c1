// How does a page change something, once, and what happens to what was read before?

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keyOf } from "./reading";
import { say } from "./parts/said";

interface Action<Given, Answer> {
  slug: string;
  run: (given: Given) => Promise<Answer>;
  /** What is said when it is done. */
  said?: (answer: Answer, given: Given) => string;
  then?: (answer: Answer, given: Given) => void;
}

/** Run an action; afterwards everything about the organization is read again. */
export function useAction<Given = void, Answer = unknown>({ slug, run, said, then }: Action<Given, Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (answer, given) => {
      if (said) say(said(answer, given));
      then?.(answer, given);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(slug) }),
  });
}
