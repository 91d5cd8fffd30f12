//! The bill of materials: CycloneDX, of the crates that are in the package's three programs.

use std::collections::BTreeMap;
use std::fs;

use cargo_lock::Lockfile;
use cargo_metadata::{CargoOpt, MetadataCommand};
use cyclonedx_bom::models::component::Classification;
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::property::{Properties, Property};
use cyclonedx_bom::models::tool::{Tool, Tools};
use cyclonedx_bom::prelude::{
    Bom, Component, Components, DateTime, Metadata, NormalizedString, Purl, SpdxExpression,
    SpecVersion, UrnUuid, Validate,
};

use crate::crates::{Graph, Name, graph};
use crate::{Inputs, Result, Source, named, runtime, sums};

/// Target of the component and the module.
const WASM: &str = "wasm32-unknown-unknown";
/// The version of CycloneDX.
const VERSION: SpecVersion = SpecVersion::V1_5;
/// What the whole is called among the references.
const PACKAGE: &str = "package";

/// Writes the bill, and refuses one that is not valid.
///
/// # Errors
/// When cargo fails, a crate has no licence, or the validator finds something wrong.
pub fn write(inputs: &Inputs, source: &Source) -> Result<Vec<u8>> {
    let programs = [
        graph(inputs.root, "weir", "", inputs.target)?,
        graph(inputs.root, "high-4xx", "component", WASM)?,
        graph(inputs.root, "aadgraph-4xx-fluent-bit", "", WASM)?,
    ];
    let mut all = Graph::new();
    for (name, others) in programs.iter().flat_map(|(_, graph)| graph) {
        all.entry(name.clone()).or_default().extend(others.clone());
    }
    let tops = programs.map(|(top, _)| top);
    // The component is inside of the command.
    all.entry(tops[0].clone())
        .or_default()
        .insert(tops[1].clone());

    let mut components = crates(inputs, &all)?;
    let beside = runtime::components(inputs)?;
    // What the package itself is made with.
    let mut parts: Vec<String> = tops.iter().map(reference).collect();
    parts.extend(beside.iter().filter_map(|one| one.bom_ref.clone()));
    components.extend(beside);
    let mut bom = Bom {
        serial_number: None,
        metadata: Some(Metadata {
            timestamp: Some(DateTime::try_from(source.timestamp()?).map_err(said)?),
            tools: Some(Tools::List(vec![Tool::new(
                "Weir",
                env!("CARGO_PKG_NAME"),
                env!("CARGO_PKG_VERSION"),
            )])),
            component: Some(whole(inputs, source)?),
            ..Metadata::default()
        }),
        components: Some(Components(components)),
        dependencies: Some(dependencies(&all, parts)),
        spec_version: VERSION,
        ..Bom::default()
    };
    let found = bom.validate_version(VERSION);
    if !found.passed() {
        return Err(format!("the bill of materials is not valid: {found:?}").into());
    }
    // The same bill has the same number.
    bom.serial_number = Some(number(&json(&bom)?)?);
    json(&bom)
}

/// The package itself.
fn whole(inputs: &Inputs, source: &Source) -> Result<Component> {
    let reference = Some(PACKAGE.to_owned());
    let mut whole = Component::new(
        Classification::Application,
        "weir",
        &source.version,
        reference,
    );
    whole.licenses = Some(licence("Apache-2.0")?);
    let mut properties = vec![Property::new("weir:target", inputs.target)];
    if let Some(revision) = &source.revision {
        properties.push(Property::new("weir:revision", revision));
    }
    whole.properties = Some(Properties(properties));
    Ok(whole)
}

/// A component for each crate.
fn crates(inputs: &Inputs, all: &Graph) -> Result<Vec<Component>> {
    let metadata = MetadataCommand::new()
        .current_dir(inputs.root)
        // What a feature brings is known only with the feature; which crates ship, the trees say.
        .features(CargoOpt::AllFeatures)
        .other_options(["--locked".to_owned()])
        .exec()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let known: BTreeMap<Name, _> = metadata
        .packages
        .iter()
        .map(|package| {
            let name = (package.name.to_string(), package.version.to_string());
            (name, package)
        })
        .collect();
    let lock = inputs.root.join("Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(named(&lock))?;
    let locked: Lockfile = text.parse()?;
    let sums: BTreeMap<Name, String> = locked
        .packages
        .iter()
        .filter_map(|package| {
            let name = (package.name.to_string(), package.version.to_string());
            Some((name, package.checksum.as_ref()?.to_string()))
        })
        .collect();

    let mut components = Vec::new();
    for name in all.keys() {
        let package = known
            .get(name)
            .ok_or_else(|| format!("cargo metadata does not know {} {}", name.0, name.1))?;
        let kind = if name.0 == "weir" {
            Classification::Application
        } else {
            Classification::Library
        };
        let mut component = Component::new(kind, &name.0, &name.1, Some(reference(name)));
        component.description = package.description.as_deref().map(NormalizedString::new);
        let licences = package
            .license
            .as_deref()
            .ok_or_else(|| format!("{} {} names no licence", name.0, name.1))?;
        component.licenses = Some(licence(licences)?);
        match sums.get(name) {
            Some(sum) => {
                component.purl = Some(Purl::new("cargo", &name.0, &name.1).map_err(said)?);
                component.hashes = Some(Hashes(vec![Hash {
                    alg: HashAlgorithm::SHA_256,
                    content: HashValue(sum.clone()),
                }]));
            }
            // The project's own crates come from no registry.
            None if package.source.is_none() => {}
            None => return Err(format!("Cargo.lock has no checksum of {}", name.0).into()),
        }
        components.push(component);
    }
    Ok(components)
}

/// Who is made with whom.
fn dependencies(all: &Graph, parts: Vec<String>) -> Dependencies {
    let whole = Dependency {
        dependency_ref: PACKAGE.to_owned(),
        dependencies: parts,
    };
    let others = all.iter().map(|(name, others)| Dependency {
        dependency_ref: reference(name),
        dependencies: others.iter().map(reference).collect(),
    });
    Dependencies(std::iter::once(whole).chain(others).collect())
}

/// The name under which a crate is referred to.
fn reference((name, version): &Name) -> String {
    format!("{name}@{version}")
}

/// Terms as an SPDX expression; older crates write a slash for "or".
pub(crate) fn licence(terms: &str) -> Result<Licenses> {
    let expression = SpdxExpression::parse_lax(terms.to_owned()).map_err(said)?;
    Ok(Licenses(vec![LicenseChoice::Expression(expression)]))
}

/// The bill as JSON.
fn json(bom: &Bom) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bom.clone().output_as_json_v1_5(&mut bytes)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A UUID of version 8, made of what the bill says.
fn number(bytes: &[u8]) -> Result<UrnUuid> {
    let digits = sums::sha256(bytes);
    let (a, b, c, d, e) = (
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..32],
    );
    Ok(UrnUuid::new(format!("urn:uuid:{a}-{b}-8{c}-8{d}-{e}")).map_err(said)?)
}

/// Errors of the library that are none of the standard library's.
fn said(error: impl std::fmt::Debug) -> String {
    format!("the bill of materials: {error:?}")
}
