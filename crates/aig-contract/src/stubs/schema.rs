//! Types as they are written: the type of a value, and beside it the type of its
//! schema where the two differ.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::Emitter;
use crate::model::{Formatted, IntegerFormat, Kind, RuleKind, Schema, Shape};

/// How the same schema is written twice.
pub(super) struct Written {
    /// The type of values.
    pub(super) value: TokenStream,
    /// The type whose schema is emitted.
    pub(super) schema: TokenStream,
}

impl Written {
    fn alike(value: TokenStream) -> Self {
        Self {
            schema: value.clone(),
            value,
        }
    }

    /// Whether a derive on the value's type would emit something else.
    pub(super) fn differ(&self) -> bool {
        self.value.to_string() != self.schema.to_string()
    }

    /// One type that is both, for bodies.
    pub(super) fn whole(&self, shape: &Shape) -> TokenStream {
        let Self { value, schema } = self;
        match shape {
            _ if !self.differ() => quote!(#value),
            Shape::Inline(_) if spelled(schema) == format!("Inline<{}>", spelled(value)) => {
                quote!(wire::Inline<#value>)
            }
            _ => quote!(wire::As<#value, #schema>),
        }
    }
}

/// An attribute that puts the schema's type in the place of the value's.
pub(super) fn attribute(schema: &TokenStream) -> TokenStream {
    let with = spelled(schema);
    quote!(#[schemars(with = #with)])
}

/// Tokens as a reader would write them.
pub(super) fn spelled(tokens: &TokenStream) -> String {
    tokens
        .to_string()
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("< ", "<")
        .replace(" ,", ",")
}

impl Emitter<'_> {
    /// A schema where no field says anything about it. `hint` names its marks.
    pub(super) fn anywhere(&mut self, schema: &Schema, hint: &str) -> Written {
        let Written {
            mut value,
            schema: mut described,
        } = self.shape(&schema.shape, hint);
        if schema.nullable {
            value = quote!(Option<#value>);
            described = quote!(Nullable<#described>);
        }
        if schema.is_marked() {
            let marks = self.mark(schema, hint);
            described = quote!(Marked<#described, #marks>);
        }
        Written {
            value,
            schema: described,
        }
    }

    /// The type of a shape.
    pub(super) fn shape(&mut self, shape: &Shape, hint: &str) -> Written {
        Written::alike(match shape {
            Shape::Any => quote!(Value),
            Shape::Bool => quote!(bool),
            Shape::Constant(value) => quote!(Constant<#value>),
            Shape::Integer { min, max, format } => integer(*min, *max, *format),
            Shape::Number(None) => quote!(Number),
            Shape::Number(Some(rule)) => {
                let rule = self.named(rule);
                quote!(Number<#rule>)
            }
            Shape::IntegerChoice(rule) => {
                let rule = self.named(rule);
                quote!(IntegerChoice<#rule>)
            }
            Shape::Text(None) => quote!(String),
            Shape::Text(Some(rule)) => {
                let rule = self.named(rule);
                quote!(Text<#rule>)
            }
            Shape::Formatted(format) => match format {
                Formatted::Uuid => quote!(Uuid),
                Formatted::DateTime => quote!(DateTime<Utc>),
                Formatted::Date => quote!(NaiveDate),
                Formatted::Ip => quote!(IpAddr),
                Formatted::Ipv4 => quote!(Ipv4Addr),
                Formatted::Ipv6 => quote!(Ipv6Addr),
            },
            Shape::List {
                item,
                min,
                max,
                unique,
            } => {
                let item = self.anywhere(item, &format!("{hint}Item"));
                let list = |item: &TokenStream| match (*min, *max, *unique) {
                    (0, usize::MAX, false) => quote!(Vec<#item>),
                    (min, max, unique) => {
                        let min = Literal::usize_unsuffixed(min);
                        let max = match max {
                            usize::MAX => quote!({ usize::MAX }),
                            max => Literal::usize_unsuffixed(max).into_token_stream(),
                        };
                        quote!(List<#item, #min, #max, #unique>)
                    }
                };
                return Written {
                    value: list(&item.value),
                    schema: list(&item.schema),
                };
            }
            Shape::Map(value) => {
                let item = self.anywhere(value, &format!("{hint}Value"));
                let Written { value, schema } = item;
                return Written {
                    value: quote!(BTreeMap<String, #value>),
                    schema: quote!(BTreeMap<String, #schema>),
                };
            }
            Shape::Object => quote!(Map<String, Value>),
            Shape::Named(name) => self.named(name),
            Shape::Inline(name) => {
                let name = self.named(name);
                return Written {
                    value: quote!(#name),
                    schema: quote!(Inline<#name>),
                };
            }
        })
    }

    /// A name from the module of types.
    fn named(&self, name: &str) -> TokenStream {
        let name = format_ident!("{name}");
        if self.outside {
            quote!(types::#name)
        } else {
            quote!(#name)
        }
    }

    /// The name of the type that says the annotations of a schema.
    pub(super) fn mark(&mut self, schema: &Schema, hint: &str) -> TokenStream {
        let said = Schema {
            shape: Shape::Any,
            nullable: false,
            ..schema.clone()
        };
        let mut name = format!("{hint}Marks");
        let mut number = 2;
        while self.marks.get(&name).is_some_and(|known| *known != said)
            || self.api.type_named(&name).is_some()
        {
            name = format!("{hint}Marks{number}");
            number += 1;
        }
        let ident = self.named(&name);
        self.marks.insert(name, said);
        ident
    }

    /// The types that say annotations.
    pub(super) fn mark_items(&self) -> TokenStream {
        let items = self.marks.iter().map(|(name, schema)| {
            let name = format_ident!("{name}");
            let flag = |name: &str, set: bool| {
                let name = format_ident!("{name}");
                set.then(|| quote!(const #name: bool = true;))
            };
            let read_only = flag("READ_ONLY", schema.read_only);
            let write_only = flag("WRITE_ONLY", schema.write_only);
            let deprecated = flag("DEPRECATED", schema.deprecated);
            let description = schema
                .description
                .as_ref()
                .map(|text| quote!(const DESCRIPTION: Option<&'static str> = Some(#text);));
            let default = schema.default.as_ref().map(|value| {
                let json = value.to_string();
                quote! {
                    fn default() -> Option<Value> {
                        Some(wire::default_value(#json))
                    }
                }
            });
            quote! {
                #[derive(Clone, Copy, Debug)]
                pub enum #name {}

                impl wire::Marks for #name {
                    #description
                    #read_only
                    #write_only
                    #deprecated
                    #default
                }
            }
        });
        quote!(#(#items)*)
    }

    /// The rules that values obey.
    pub(super) fn rules(&self) -> TokenStream {
        let items = self.api.rules.iter().map(|rule| {
            let name = format_ident!("{}", rule.name);
            let (asks, constants) = match &rule.kind {
                RuleKind::Text {
                    min,
                    max,
                    pattern,
                    format,
                } => {
                    let length = |name: &str, length: Option<u64>| {
                        let name = format_ident!("{name}");
                        length.map(|length| {
                            let length = Literal::u64_unsuffixed(length);
                            quote!(const #name: Option<u32> = Some(#length);)
                        })
                    };
                    let (min, max) = (length("MIN", *min), length("MAX", *max));
                    let pattern = text_constant("PATTERN", pattern.as_deref());
                    let format = text_constant("FORMAT", format.as_deref());
                    (quote!(TextRule), quote!(#min #max #pattern #format))
                }
                RuleKind::Number {
                    min,
                    max,
                    above,
                    below,
                    format,
                } => {
                    let bound = |name: &str, bound: Option<f64>| {
                        let name = format_ident!("{name}");
                        bound.map(|bound| quote!(const #name: Option<f64> = Some(#bound);))
                    };
                    let (min, max) = (bound("MIN", *min), bound("MAX", *max));
                    let above = above.then(|| {
                        quote!(
                            const ABOVE: bool = true;
                        )
                    });
                    let below = below.then(|| {
                        quote!(
                            const BELOW: bool = true;
                        )
                    });
                    let format = text_constant("FORMAT", format.as_deref());
                    (quote!(NumberRule), quote!(#min #max #above #below #format))
                }
                RuleKind::Choice(values) => {
                    let values = values.iter().map(|value| signed(*value));
                    (
                        quote!(IntegerRule),
                        quote!(const VALUES: &'static [i64] = &[#(#values),*];),
                    )
                }
            };
            let comment = format!(" What is asked at `{}`.", rule.pointer);
            quote! {
                #[doc = #comment]
                #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
                pub enum #name {}

                impl wire::#asks for #name {
                    #constants
                }
            }
        });
        quote!(#(#items)*)
    }

    /// Whether values of a shape can be read from text, for parameters.
    pub(super) fn is_scalar(&self, shape: &Shape) -> bool {
        match shape {
            Shape::Bool
            | Shape::Integer { .. }
            | Shape::Number(_)
            | Shape::IntegerChoice(_)
            | Shape::Text(_)
            | Shape::Formatted(_) => true,
            Shape::Any
            | Shape::Constant(_)
            | Shape::List { .. }
            | Shape::Map(_)
            | Shape::Object => false,
            Shape::Named(name) | Shape::Inline(name) => {
                let definition = self.api.type_named(name);
                match definition.map(|definition| &definition.kind) {
                    Some(Kind::Enum(_)) => true,
                    Some(Kind::Newtype(schema)) => {
                        !schema.nullable && self.is_scalar(&schema.shape)
                    }
                    _ => false,
                }
            }
        }
    }
}

fn text_constant(name: &str, text: Option<&str>) -> Option<TokenStream> {
    let name = format_ident!("{name}");
    text.map(|text| quote!(const #name: Option<&'static str> = Some(#text);))
}

fn integer(min: i64, max: i64, format: IntegerFormat) -> TokenStream {
    let marker = match format {
        IntegerFormat::Plain => None,
        other => Some(format_ident!("{other:?}")),
    };
    let bound = |value: i64| match value {
        i64::MIN => quote!({ i64::MIN }),
        i64::MAX => quote!({ i64::MAX }),
        value => signed(value),
    };
    match (min, max, marker) {
        (i64::MIN, i64::MAX, None) => quote!(Integer),
        (min, i64::MAX, None) => {
            let min = bound(min);
            quote!(Integer<#min>)
        }
        (min, max, None) => {
            let (min, max) = (bound(min), bound(max));
            quote!(Integer<#min, #max>)
        }
        (min, max, Some(marker)) => {
            let (min, max) = (bound(min), bound(max));
            quote!(Integer<#min, #max, #marker>)
        }
    }
}

/// A literal with its sign, which is a token of its own.
fn signed(value: i64) -> TokenStream {
    let amount = Literal::u64_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote!(-#amount)
    } else {
        quote!(#amount)
    }
}
