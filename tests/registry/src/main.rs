//! Pulls and pushes components with the crate `oci-wasm`, as tools for components do.
//!
//! `weir-registry-peer pull HOST/NAME:TAG FILE` prints manifest and configuration as JSON.
//! `weir-registry-peer push FILE HOST/NAME:TAG` prints the digest of the manifest.
//! `weir-registry-peer sign FILE KEY` makes a key, writes FILE.minisig, and the public key.
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match arguments[..] {
        ["pull", reference, file] => runtime.block_on(pull(&reference.parse()?, file)),
        ["push", file, reference] => runtime.block_on(push(file, &reference.parse()?)),
        ["sign", file, key] => sign(file, key),
        _ => Err(
            "usage: weir-registry-peer pull REFERENCE FILE | push FILE REFERENCE | sign FILE KEY"
                .into(),
        ),
    }
}

fn client() -> WasmClient {
    // The client is built with TLS, whose cryptography is this one's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The registry of the test is on this machine.
    let config = ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    };
    WasmClient::new(Client::new(config))
}

fn sign(file: &str, key: &str) -> Result<(), Box<dyn Error>> {
    let pair = minisign::KeyPair::generate_unencrypted_keypair()?;
    let bytes = fs::read(file)?;
    let signature = minisign::sign(Some(&pair.pk), &pair.sk, bytes.as_slice(), None, None)?;
    fs::write(format!("{file}.minisig"), signature.to_string())?;
    fs::write(key, pair.pk.to_box()?.to_string())?;
    Ok(())
}

async fn pull(reference: &Reference, file: &str) -> Result<(), Box<dyn Error>> {
    let client = client();
    let (manifest, config, digest) = client
        .pull_manifest_and_config(reference, &RegistryAuth::Anonymous)
        .await?;
    let data = client.pull(reference, &RegistryAuth::Anonymous).await?;
    let layer = data.layers.first().ok_or("no layer")?;
    fs::write(file, &layer.data)?;
    let said = serde_json::json!({"digest": digest, "manifest": manifest, "config": config});
    println!("{said}");
    Ok(())
}

async fn push(file: &str, reference: &Reference) -> Result<(), Box<dyn Error>> {
    let (config, layer) = WasmConfig::from_component(file, None).await?;
    let client = client();
    client
        .push(reference, &RegistryAuth::Anonymous, layer, config, None)
        .await?;
    let (_, _, digest) = client
        .pull_manifest_and_config(reference, &RegistryAuth::Anonymous)
        .await?;
    println!("{digest}");
    Ok(())
}
