import { Page } from "../ui/Page";
export default function MySignUpPage() {
  return <Page title="MySignUp">{null}</Page>;
}
