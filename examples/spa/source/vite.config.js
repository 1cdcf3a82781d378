// What is built is committed, so that the example runs without Node.
export default {
  build: {
    outDir: "../site",
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    // In a file of its own, which stays in caches when the others change.
    rollupOptions: { output: { manualChunks: { notes: ["./pages/notes.js"] } } },
  },
  // In development the pages come from Vite, and the notes from the application.
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
};
