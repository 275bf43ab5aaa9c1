// What is shown when a page itself breaks?

import { Component, type ReactNode } from "react";
import { Failed } from "./Notice";

/** Keep the frame when a page fails, also when its code could not be fetched after a new release. */
export class CatchErrors extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Failed error={this.state.error} retry={() => window.location.reload()} />;
  }
}
