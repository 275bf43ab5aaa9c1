// TODO
import { Page } from "../ui/Page";
export default function MePage() {
  return <Page title="Me">{null}</Page>;
}
