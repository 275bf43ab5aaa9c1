// How does a link get to somebody else?

/** Offer the phone's own way to share, or copy the link. Say what happened; null when the person changed their mind. */
export async function share(title: string, url: string): Promise<"shared" | "copied" | "failed" | null> {
  if ("share" in navigator && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ title, url });
      return "shared";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return null;
    }
  }
  return navigator.clipboard.writeText(url).then(
    () => "copied" as const,
    () => "failed" as const,
  );
}
