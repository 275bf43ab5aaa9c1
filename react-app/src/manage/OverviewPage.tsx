// Which shifts still need people?

import { Page } from "../ui/Page";

/** The organization's events at a glance. */
export default function OverviewPage() {
  return <Page title="Overview">{null}</Page>;
}
