// The place on the page where a toast appears.

import { useToast } from "./toast";

/** A line at the foot of the window; the region is always there, so that a screen reader hears what comes into it. */
export function ToastRegion() {
  const toast = useToast();
  return (
    <div className="toast" role="status">
      {toast && <p key={toast.number}>{toast.text}</p>}
    </div>
  );
}
