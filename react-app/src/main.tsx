// How does the application start?

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { forgetAtSignOut } from "./api/query-client";
import { followOtherTabs, sessionKnown } from "./api/session";
import { letGuardHearFirst } from "./navigation";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/public.css";
import "./styles/account.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element #root");
letGuardHearFirst();
forgetAtSignOut();
followOtherTabs();
void sessionKnown();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
