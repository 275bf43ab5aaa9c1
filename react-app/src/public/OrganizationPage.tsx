import { Page } from "../ui/Page";
export default function OrganizationPage({ slug }: { slug: string }) {
  return <Page title={slug}>{null}</Page>;
}
