// Starts Swagger UI on the system that this page comes from.
//
// The page is at …/docs through Hosting and at …/health/docs at the function's own address, where the other
// functions are beside it: what stands before that is where all of the API is.
const here = location.pathname.replace(/\/docs\/?$/, "");
const api = location.origin + here.replace(/\/health$/, "");

async function start() {
  const answer = await fetch(`${here}/openapi.json`);
  const spec = await answer.json();
  spec.servers = [{ url: api }];
  spec.components.securitySchemes.login.flows.password.tokenUrl = `${api}/auth/login`;
  window.ui = SwaggerUIBundle({
    spec,
    dom_id: "#reference",
    deepLinking: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null, // It would send the document to another host.
  });
}

start().catch((error) => {
  document.getElementById("reference").textContent = `The reference could not be loaded (${error.message}). Reload the page.`;
});
