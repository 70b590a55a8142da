//! The files of a crate.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use serde_json::Value;

use super::Api;
use super::print::{Printer, ident};
use super::print_api::module;
use super::print_schema::text_of;
use crate::generate::GeneratedFile;
use crate::stubs::{imports, render};

/// What generated code may use by its bare name, and where that is from.
const IMPORTS: [(&str, &str); 53] = [
    ("chrono", "DateTime"),
    ("chrono", "NaiveDate"),
    ("chrono", "NaiveDateTime"),
    ("chrono", "Utc"),
    ("dropshot", "Body"),
    ("dropshot", "EmptyScanParams"),
    ("dropshot", "ErrorStatusCode"),
    ("dropshot", "FreeformBody"),
    ("dropshot", "Header"),
    ("dropshot", "HttpCodedResponse"),
    ("dropshot", "HttpError"),
    ("dropshot", "HttpResponse"),
    ("dropshot", "HttpResponseAccepted"),
    ("dropshot", "HttpResponseCreated"),
    ("dropshot", "HttpResponseDeleted"),
    ("dropshot", "HttpResponseError"),
    ("dropshot", "HttpResponseFound"),
    ("dropshot", "HttpResponseHeaders"),
    ("dropshot", "HttpResponseOk"),
    ("dropshot", "HttpResponseSeeOther"),
    ("dropshot", "HttpResponseTemporaryRedirect"),
    ("dropshot", "HttpResponseUpdatedNoContent"),
    ("dropshot", "MultipartBody"),
    ("dropshot", "PaginationParams"),
    ("dropshot", "Path"),
    ("dropshot", "Query"),
    ("dropshot", "RequestContext"),
    ("dropshot", "ResultsPage"),
    ("dropshot", "TypedBody"),
    ("dropshot", "UntypedBody"),
    ("dropshot", "WebsocketChannelResult"),
    ("dropshot", "WebsocketConnection"),
    ("dropshot", "WebsocketUpgrade"),
    ("http", "StatusCode"),
    ("schemars", "JsonSchema"),
    ("schemars::r#gen", "SchemaGenerator"),
    ("schemars::schema", "Schema"),
    ("serde", "Deserialize"),
    ("serde", "Serialize"),
    ("serde_json", "Map"),
    ("serde_json", "Value"),
    ("std::collections", "BTreeMap"),
    ("std::collections", "BTreeSet"),
    ("std::net", "IpAddr"),
    ("std::net", "Ipv4Addr"),
    ("std::net", "Ipv6Addr"),
    ("std::num", "NonZeroU8"),
    ("std::num", "NonZeroU16"),
    ("std::num", "NonZeroU32"),
    ("std::num", "NonZeroU64"),
    ("std::num", "NonZeroU128"),
    ("std::num", "NonZeroUsize"),
    ("uuid", "Uuid"),
];

/// The modules of the crate itself that generated code may use.
const MODULES: [(&str, &str); 6] = [
    ("crate", "answers"),
    ("crate", "describe"),
    ("crate", "failure"),
    ("crate", "parameters"),
    ("crate", "schemas"),
    ("crate", "types"),
];

/// The crates that generated code stands on; `check.rs` and the rest are in the crate.
pub(super) const DEPENDENCIES: [(&str, &str); 9] = [
    (
        "chrono",
        r#"{ version = "0.4", default-features = false, features = ["clock", "serde", "std"] }"#,
    ),
    ("dropshot", r#""0.18.0""#),
    ("http", r#""1""#),
    ("regress", r#""0.12""#),
    (
        "schemars",
        r#"{ version = "0.8.22", features = ["chrono", "uuid1"] }"#,
    ),
    ("semver", r#""1""#),
    ("serde", r#"{ version = "1", features = ["derive"] }"#),
    ("serde_json", r#""1""#),
    ("uuid", r#"{ version = "1", features = ["serde"] }"#),
];

/// All files.
pub(super) fn files(
    api: &Api<'_>,
    name: &str,
    source: &str,
) -> Result<Vec<GeneratedFile>, syn::Error> {
    let mut printer = Printer::new(api.types);
    let types = printer.definitions();
    printer.outside = true;
    let parameters = printer.parameters(api);
    let answers = printer.answers(api);
    let operations = printer.api(api);
    let skeleton = printer.skeleton(api);
    let mut descriptions = std::mem::take(&mut printer.descriptions);
    descriptions.sort_by(|(a, _), (b, _)| a.cmp(b));
    let descriptions = descriptions
        .into_iter()
        .map(|(name, expression)| description(&name, expression));
    let defaults = std::mem::take(&mut printer.defaults);
    let schemas = quote!(#(#descriptions)* #(#defaults)*);
    let trait_name = ident(&api.trait_name);
    let preamble = format!(
        "// @generated from {} — do not edit\n",
        source.rsplit('/').next().unwrap_or(source)
    );
    let rust =
        |path: &str, purpose: &str, code: TokenStream| -> Result<GeneratedFile, syn::Error> {
            // The types of the document may be called like any of dropshot's.
            let own_names = path == "src/types.rs";
            let known: Vec<(&str, &str)> = IMPORTS
                .into_iter()
                .filter(|(place, _)| {
                    !own_names
                        || !matches!(
                            *place,
                            "dropshot" | "http" | "schemars::r#gen" | "schemars::schema"
                        )
                })
                .collect();
            let (outer, inner) = (imports(&code, &known), imports(&code, &MODULES));
            let text = render(quote!(#outer #inner #code))?;
            Ok(GeneratedFile {
                path: path.to_owned(),
                text: format!("{preamble}\n//! {purpose}\n\n{text}"),
            })
        };
    let plain = |path: &str, text: String| GeneratedFile {
        path: path.to_owned(),
        text,
    };
    let skeleton = quote! {
        use crate::api::#trait_name;
        #skeleton
    };
    Ok(vec![
        plain("Cargo.toml", manifest(name)),
        plain("README.md", readme(api, name)),
        plain("src/lib.rs", library(api, &preamble)?),
        rust("src/api.rs", "The operations, as a trait.", operations)?,
        rust("src/types.rs", "The schemas of the document.", types)?,
        rust(
            "src/parameters.rs",
            "What operations are asked by: paths, queries, headers.",
            parameters,
        )?,
        rust(
            "src/answers.rs",
            "Answers and errors that dropshot has no type for.",
            answers,
        )?,
        rust(
            "src/schemas.rs",
            "Schemas that no derive prints, and defaults.",
            schemas,
        )?,
        rust(
            "src/skeleton.rs",
            "An implementation to start from.",
            skeleton,
        )?,
        plain(
            "src/describe.rs",
            include_str!("runtime/describe.rs").to_owned(),
        ),
        plain("src/check.rs", include_str!("runtime/check.rs").to_owned()),
        plain(
            "src/failure.rs",
            include_str!("runtime/failure.rs").to_owned(),
        ),
        plain("src/bin/emit.rs", emit(name)),
        plain("examples/serve.rs", serve(api, name)),
    ])
}

/// A function that describes what no derive can.
fn description(name: &str, expression: TokenStream) -> TokenStream {
    let name = ident(name);
    let mut tokens = expression.clone().into_iter();
    let body = match (tokens.next(), tokens.next()) {
        // Braces of its own.
        (Some(TokenTree::Group(group)), None) => group.stream(),
        _ => expression,
    };
    let needed = body.to_string().contains("generator");
    let generator = if needed { quote!(generator) } else { quote!(_) };
    quote! {
        pub fn #name(#generator: &mut SchemaGenerator) -> Schema {
            #body
        }
    }
}

fn manifest(name: &str) -> String {
    let dependencies: String = DEPENDENCIES
        .iter()
        .map(|(name, version)| format!("{name} = {version}\n"))
        .collect();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\n{dependencies}\n\
         [dev-dependencies]\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
         # On its own, also in the folder of another workspace.\n[workspace]\n"
    )
}

fn library(api: &Api<'_>, preamble: &str) -> Result<String, syn::Error> {
    let (title, version) = (&api.title, api.info["version"].as_str().unwrap_or("0.0.0"));
    let module = module(&api.trait_name);
    let text = |path: &str| api.info.pointer(path).and_then(Value::as_str);
    let mut calls: Vec<TokenStream> = Vec::new();
    for (path, method) in [
        ("/description", "description"),
        ("/termsOfService", "terms_of_service"),
        ("/contact/name", "contact_name"),
        ("/contact/url", "contact_url"),
        ("/contact/email", "contact_email"),
    ] {
        if let Some(said) = text(path) {
            let method = ident(method);
            calls.push(quote!(definition.#method(#said);));
        }
    }
    match (text("/license/name"), text("/license/url")) {
        (Some(name), Some(url)) => calls.push(quote!(definition.license(#name, #url);)),
        (Some(name), None) => calls.push(quote!(definition.license_name(#name);)),
        _ => {}
    }
    let mutable = (!calls.is_empty()).then(|| quote!(mut));
    let code = render(quote! {
        pub mod answers;
        pub mod api;
        pub mod check;
        pub mod describe;
        pub mod failure;
        pub mod parameters;
        pub mod schemas;
        pub mod skeleton;
        pub mod types;

        /// The title of the API.
        pub const TITLE: &str = #title;

        /// The version of the API.
        pub const VERSION: &str = #version;

        /// The document that dropshot emits for the trait, without anybody behind it.
        ///
        /// # Errors
        /// When dropshot refuses to register an operation.
        pub fn openapi() -> Result<serde_json::Value, Box<dyn std::error::Error>> {
            let api = api::#module::stub_api_description()?;
            let #mutable definition = api.openapi(TITLE, semver::Version::parse(VERSION)?);
            #(#calls)*
            Ok(definition.json()?)
        }
    })?;
    Ok(format!(
        "{preamble}\n//! {}, as a dropshot server. Implement the trait in [`api`]; [`skeleton`] is a start.\n\n\
         #![allow(\n    deprecated,\n    unused_imports,\n    clippy::all,\n    rustdoc::bare_urls,\n    rustdoc::broken_intra_doc_links,\n    rustdoc::invalid_html_tags,\n    rustdoc::invalid_rust_codeblocks\n)]\n\n{code}",
        title.replace('\n', " ")
    ))
}

fn emit(name: &str) -> String {
    let library = name.replace('-', "_");
    format!(
        "//! Prints the document that the server emits.\n\n\
         use std::io::Write;\n\n\
         fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         // Not `println!`, which panics when the reader has had enough.\n    \
         writeln!(std::io::stdout(), \"{{:#}}\", {library}::openapi()?)?;\n    Ok(())\n}}\n"
    )
}

/// A server of the skeleton, which depends on what the library does not.
fn serve(api: &Api<'_>, name: &str) -> String {
    let library = name.replace('-', "_");
    let module = text_of(&quote::ToTokens::into_token_stream(module(&api.trait_name)));
    format!(
        "//! Serves the skeleton: every operation answers 501.\n\n\
         use dropshot::{{ConfigDropshot, ConfigLogging, ConfigLoggingLevel, ServerBuilder}};\n\
         use {library}::{{api::{module}, skeleton::Skeleton}};\n\n\
         #[tokio::main]\n\
         async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         let level = ConfigLoggingLevel::Info;\n    \
         let log = ConfigLogging::StderrTerminal {{ level }}.to_logger(\"{name}\")?;\n    \
         let config = ConfigDropshot {{\n        \
         bind_address: ([127, 0, 0, 1], 8080).into(),\n        \
         ..ConfigDropshot::default()\n    }};\n    \
         let api = {module}::api_description::<Skeleton>()?;\n    \
         let server = ServerBuilder::new(api, (), log).config(config).start()?;\n    \
         Ok(server.await?)\n}}\n"
    )
}

fn readme(api: &Api<'_>, name: &str) -> String {
    let (title, trait_name) = (&api.title, &api.trait_name);
    format!(
        "# {name}\n\n\
         {title}, as a [dropshot](https://docs.rs/dropshot) server. Generated; implement the trait, do not edit it.\n\n\
         | file | what it holds |\n|---|---|\n\
         | `src/api.rs` | the trait `{trait_name}`, one method for each operation |\n\
         | `src/types.rs` | one type for each schema |\n\
         | `src/parameters.rs`, `src/answers.rs` | paths, queries, headers; answers and errors that dropshot has no type for |\n\
         | `src/schemas.rs` | schemas that no derive prints, defaults |\n\
         | `src/skeleton.rs` | an implementation whose every operation answers 501: copy it and fill it in |\n\
         | `src/bin/emit.rs` | `cargo run --bin emit` prints the OpenAPI document |\n\
         | `examples/serve.rs` | `cargo run --example serve` answers on port 8080 with the skeleton; copy it too |\n"
    )
}
