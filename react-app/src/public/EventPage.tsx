import { Page } from "../ui/Page";
export function EventPage({ id }: { id: number }) {
  return <Page title={String(id)}>{null}</Page>;
}
