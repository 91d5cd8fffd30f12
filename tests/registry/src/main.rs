//! Pulls and pushes components with the crate `oci-wasm`, as tools for components do.
//!
//! `weir-registry-peer pull HOST/NAME:TAG FILE` prints manifest and configuration as JSON.
//! `weir-registry-peer push FILE HOST/NAME:TAG` prints the digest of the manifest. The variables
//! `PEER_USER` and `PEER_PASSWORD` are for a registry that asks for them.
#![forbid(unsafe_code)]

use std::error::Error;
use std::{env, fs};

use oci_client::Reference;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_wasm::{WasmClient, WasmConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match arguments[..] {
        ["pull", reference, file] => runtime.block_on(pull(&reference.parse()?, file)),
        ["push", file, reference] => runtime.block_on(push(file, &reference.parse()?)),
        _ => Err("usage: weir-registry-peer pull REFERENCE FILE | push FILE REFERENCE".into()),
    }
}

fn client() -> WasmClient {
    // The registry of the test is on this machine.
    let config = ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    };
    WasmClient::new(Client::new(config))
}

fn auth() -> RegistryAuth {
    match (env::var("PEER_USER"), env::var("PEER_PASSWORD")) {
        (Ok(user), Ok(password)) => RegistryAuth::Basic(user, password),
        _ => RegistryAuth::Anonymous,
    }
}

async fn pull(reference: &Reference, file: &str) -> Result<(), Box<dyn Error>> {
    let client = client();
    let (manifest, config, digest) = client.pull_manifest_and_config(reference, &auth()).await?;
    let data = client.pull(reference, &auth()).await?;
    let layer = data.layers.first().ok_or("no layer")?;
    fs::write(file, &layer.data)?;
    let said = serde_json::json!({"digest": digest, "manifest": manifest, "config": config});
    println!("{said}");
    Ok(())
}

async fn push(file: &str, reference: &Reference) -> Result<(), Box<dyn Error>> {
    let (config, layer) = WasmConfig::from_component(file, None).await?;
    let client = client();
    client.push(reference, &auth(), layer, config, None).await?;
    let (_, _, digest) = client.pull_manifest_and_config(reference, &auth()).await?;
    println!("{digest}");
    Ok(())
}
