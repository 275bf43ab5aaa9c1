import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type Plugin, type ProxyOptions } from "vite";

/** Put Swagger UI beside the front-end, for /api/docs (api/docs.py); no page of the front-end loads it. */
function swaggerUI(): Plugin {
  return {
    name: "swagger-ui",
    apply: "build",
    async generateBundle() {
      for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"]) {
        const source = await this.fs.readFile(`node_modules/swagger-ui-dist/${file}`);
        this.emitFile({ type: "asset", fileName: `api-docs/${file}`, source });
      }
    },
  };
}

/** Send to the stack of this machine what the front-end does not serve itself: at the port and name that `.env` has. */
function stackBehind(mode: string): Record<string, ProxyOptions> {
  const settings = loadEnv(mode, "..", ["LOCAL_HTTPS_PORT", "WEBSITE_DOMAIN"]);
  const { WEBSITE_DOMAIN = "slipway.localhost", LOCAL_HTTPS_PORT = "8443" } = settings;
  const site = `${WEBSITE_DOMAIN}:${LOCAL_HTTPS_PORT}`;
  // By address, because not every system knows names under localhost; with a certificate of its own; and it refuses what
  // comes with a cookie from another origin.
  const headers = { host: site, origin: `https://${site}` };
  const stack = { target: `https://127.0.0.1:${LOCAL_HTTPS_PORT}`, secure: false, headers };
  return { "/api": stack, "/static": stack, "/media": stack };
}

export default defineConfig(({ mode }) => ({
  plugins: [react(), swaggerUI()],
  build: {
    // The Content-Security-Policy allows no inline script, style or font: everything is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: stackBehind(mode) },
}));
