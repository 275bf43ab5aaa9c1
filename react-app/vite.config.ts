import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
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
