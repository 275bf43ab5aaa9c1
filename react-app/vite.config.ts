import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

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

export default defineConfig({
  plugins: [react(), swaggerUI()],
  build: {
    // The Content-Security-Policy allows no inline script, style or font: everything is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // `npm run dev` reads the API of the stack that runs on this machine.
    proxy: { "/api": { target: "https://slipway.localhost:8443", changeOrigin: true, secure: false } },
  },
});
