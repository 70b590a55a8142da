//! Members, parameters and other places where a schema is used: what the type of the
//! value is there, and where its description comes from.

use serde_json::{Map, Value};

use super::definition::{Body, Checks, Described, Kind, Presence, Slot, Tagging, Words};
use super::infer::{Object, Place, Types, texts, unwrapped};
use super::schema::{beyond, normal};
use super::ty::Ty;

impl Types<'_> {
    /// A parameter or a header of an answer. dropshot cuts off what a schema says of
    /// itself at the outermost level, so that this has to be held on to.
    pub(super) fn parameter(
        &mut self,
        pointer: &str,
        core: Object,
        words: &Words,
        required: bool,
        place: Place,
        hint: &str,
    ) -> (Slot, Presence) {
        let said = [
            "title",
            "description",
            "default",
            "deprecated",
            "readOnly",
            "writeOnly",
        ];
        let cut_off = said.iter().any(|key| core.contains_key(*key));
        let full = Value::Object(core.clone());
        let (mut slot, presence) = self.member(pointer, core, words, required, place, hint);
        if cut_off
            && matches!(
                slot.described,
                Described::Derived(_) | Described::Checked(..)
            )
        {
            slot.described = Described::Written(full);
        }
        (slot, presence)
    }

    /// A member, by the combination of being required, nullable and defaulted.
    pub(super) fn member(
        &mut self,
        pointer: &str,
        core: Object,
        words: &Words,
        required: bool,
        place: Place,
        hint: &str,
    ) -> (Slot, Presence) {
        let mut core = core;
        let default = core
            .get("default")
            .cloned()
            .filter(|_| !required && place == Place::Member);
        if default.is_some() {
            core.shift_remove("default");
        }
        let said = *words != Words::default() || default.is_some();
        if said && place == Place::Member && core.len() == 1 {
            core = unwrapped(core);
        }
        let nullable = core.get("nullable").is_some();
        let mut base = core.clone();
        base.shift_remove("nullable");
        if nullable {
            base = unwrapped(base);
        }
        let (full, base) = (Value::Object(core), Value::Object(base));
        let ty = self.ty(pointer, &base, hint);
        let option = ty.clone().option();
        if required {
            let slot = if nullable {
                let described = self.described(&Ty::Nullable(Box::new(ty)), &full);
                Slot {
                    ty: option,
                    described,
                }
            } else {
                let described = self.described(&ty, &full);
                Slot { ty, described }
            };
            return (slot, Presence::Required);
        }
        if let Some(default) = default {
            let held = if nullable { option.clone() } else { ty.clone() };
            if self.fits(&default, &held) {
                let described = self.described(&held, &full);
                return (
                    Slot {
                        ty: held,
                        described,
                    },
                    Presence::Default(default),
                );
            }
            let mut full = full.clone();
            if full.get("$ref").is_some() {
                full = super::schema::object([("allOf", Value::Array(vec![full]))]);
            }
            full["default"] = default;
            let described = self.described(&if nullable { option.clone() } else { ty }, &full);
            return (
                Slot {
                    ty: option,
                    described,
                },
                Presence::Optional,
            );
        }
        // An optional parameter with a type of its own is printed as a reference, and
        // headers are never null: the `Option` says it all.
        let plain = match place {
            Place::Member => false,
            Place::Parameter => full.get("$ref").is_some(),
            Place::Header => !nullable && normal(&ty.schema(self)) == full,
        };
        let described = if plain {
            Described::Derived(option.clone())
        } else if nullable && place != Place::Header {
            self.described(&option, &full)
        } else {
            self.described(&ty, &full)
        };
        (
            Slot {
                ty: option,
                described,
            },
            Presence::Optional,
        )
    }

    pub(super) fn described(&self, ty: &Ty, schema: &Value) -> Described {
        let mut predicted = normal(&ty.schema(self));
        if predicted == *schema {
            return Described::Derived(ty.clone());
        }
        let exclusive = ["exclusiveMinimum", "exclusiveMaximum"]
            .iter()
            .any(|key| schema.get(*key).is_some());
        if schema.get("minimum").is_some()
            && !exclusive
            && let Some(members) = predicted.as_object_mut()
        {
            members.shift_remove("minimum");
        }
        let Some(more) = beyond(&predicted, schema) else {
            return Described::Written(schema.clone());
        };
        match checks(schema, &more) {
            Some(checks) => Described::Checked(ty.clone(), checks),
            None if exclusive && predicted.get("minimum").is_some() => {
                Described::Written(schema.clone())
            }
            None => Described::Extended(ty.clone(), more),
        }
    }

    /// Whether a default is a value of the type that is printed as it was written.
    pub(super) fn fits(&self, value: &Value, ty: &Ty) -> bool {
        let text = || value.as_str().unwrap_or_default();
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        match ty {
            Ty::Any => true,
            Ty::Bool => value.is_boolean(),
            Ty::String => value.is_string(),
            Ty::Integer(rust) if rust.starts_with("NonZero") => value.as_u64().is_some_and(|value| value > 0),
            Ty::Integer(rust) if rust.starts_with('u') => value.as_u64().is_some(),
            Ty::Integer("i8" | "i16" | "i32") => {
                value.as_i64().is_some_and(|value| i8::try_from(value).is_ok())
            }
            Ty::Integer(_) | Ty::PlainInteger => value.as_i64().is_some(),
            Ty::Float(_) | Ty::PlainNumber => value.is_number(),
            Ty::Option(inner) => value.is_null() || self.fits(value, inner),
            Ty::Vec(_) | Ty::Set(_) => value.is_array() && empty,
            Ty::Map(_) | Ty::Object => value.is_object() && empty,
            Ty::Ip => text().parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_string() == text()),
            Ty::Ipv4 => text().parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.to_string() == text()),
            Ty::Ipv6 => text().parse::<std::net::Ipv6Addr>().is_ok_and(|ip| ip.to_string() == text()),
            Ty::Named(name) | Ty::Inline(name) => self.list.iter().any(|known| {
                known.name == *name
                    && matches!(&known.kind, Kind::Enum(choice) if choice.tagging == Tagging::External
                        && choice.variants.iter().any(|variant| matches!(variant.body, Body::Unit) && variant.wire == text()))
            }) || self.unit_of(name, text()),
            _ => false,
        }
    }

    /// Whether a text is a unit variant of a type that may not have been looked at yet.
    fn unit_of(&self, name: &str, text: &str) -> bool {
        let schema = self.schema_names.get(name);
        let schema =
            schema.and_then(|name| self.document.pointer("/components/schemas")?.get(name));
        let values = |schema: &Value| {
            schema
                .as_object()
                .and_then(texts)
                .is_some_and(|values| values.contains(&text))
        };
        schema.is_some_and(|schema| {
            values(schema)
                || schema
                    .get("oneOf")
                    .and_then(Value::as_array)
                    .is_some_and(|all| all.iter().any(values))
        })
    }
}

/// Keywords that attributes of schemars can say, if these are all.
pub(super) fn checks(schema: &Value, more: &Object) -> Option<Checks> {
    let kind = schema.get("type").and_then(Value::as_str)?;
    let mut checks = Checks::default();
    for (key, value) in more {
        match (kind, key.as_str()) {
            ("integer" | "number", "minimum") => checks.least = Some(value.clone()),
            ("integer" | "number", "maximum") => checks.most = Some(value.clone()),
            ("string", "minLength") | ("array", "minItems") => checks.shortest = value.as_u64(),
            ("string", "maxLength") | ("array", "maxItems") => checks.longest = value.as_u64(),
            ("string", "pattern") => checks.pattern = Some(value.as_str()?.to_owned()),
            ("string", "format") if matches!(value.as_str(), Some("email" | "uri")) => {
                checks.format = value.as_str().map(str::to_owned);
            }
            _ => return None,
        }
    }
    Some(checks)
}
