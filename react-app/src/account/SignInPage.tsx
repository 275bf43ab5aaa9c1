// TODO
import { Page } from "../ui/Page";
export default function SignInPage() {
  return <Page title="SignIn">{null}</Page>;
}
