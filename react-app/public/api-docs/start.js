// What does the page /api/docs show? The API's own description; the page stands in api/docs.py.

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  docExpansion: "list",
  validatorUrl: null, // nothing is asked of another site
});
