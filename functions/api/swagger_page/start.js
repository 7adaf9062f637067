// Swagger UI fills the fields of forms with samples, such as 1 for a width and example.com for a webhook, and sends empty
// ones too. Here they start empty and are then left out, so that the API's defaults hold, which are named beside them.
const onlyWhatIsFilledIn = ({ React: { createElement, Fragment } }) => ({
  afterLoad() {
    const { getSampleSchema, isFileUploadIntended } = this.fn;
    this.fn.getSampleSchema = (schema, type, ...more) => {
      if (type === false) return ""; // of a field
      if (!/form/.test(type)) return getSampleSchema(schema, type, ...more);
      const fields = schema.get("properties").filter((field) => !isFileUploadIntended(field)); // Reset keeps the file
      return JSON.stringify(fields.map(() => ""));
    };
  },
  wrapComponents: {
    JsonSchemaForm: (Field) => (props) => {
      const isOfForm = props.dispatchInitialValue; // neither a parameter nor a file
      const usual = (isOfForm ? props.schema.get("default") : "") ?? "";
      const note = createElement("p", null, createElement("i", null, "Default: "), String(usual));
      return createElement(Fragment, null, createElement(Field, props), usual === "" ? null : note);
    },
    ParameterIncludeEmpty: () => () => null,
  },
  statePlugins: {
    oas3: {
      wrapSelectors: {
        hasUserEditedBody: (usual, { oas3Selectors }) => (state, ...operation) => {
          const body = oas3Selectors.requestBodyValue(...operation);
          return body?.some ? body.some((field) => field?.get?.("value")) : usual(state, ...operation);
        },
      },
    },
  },
});

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null, // its badge would be an image of another site
  plugins: [onlyWhatIsFilledIn],
});
