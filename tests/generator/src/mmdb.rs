//! Writes a small database in the MaxMind DB format, version 2.0, as
//! GeoLite2-ASN has it: `autonomous_system_number`, `autonomous_system_organization`.

use crate::asn::NETWORKS;
use std::net::IpAddr;

/// A branch of the search tree.
#[derive(Clone, Copy)]
enum Branch {
    Empty,
    Node(usize),
    /// Offset in the data section.
    Data(usize),
}

/// The table of [`crate::asn`] as the bytes of a database file.
#[must_use]
pub fn asn_database() -> Vec<u8> {
    let mut nodes = vec![[Branch::Empty; 2]];
    let mut data = Vec::new();
    for network in &NETWORKS {
        // IPv4 lives in ::/96, as in MaxMind's own files.
        let (bits, length) = match network.address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 96 + usize::from(network.prefix)),
            IpAddr::V6(v6) => (v6.to_bits(), usize::from(network.prefix)),
        };
        let leaf = Branch::Data(data.len());
        entry(&mut data, network.number, network.name);
        insert(&mut nodes, bits, length, leaf);
    }
    let mut file = Vec::new();
    for node in &nodes {
        for branch in node {
            let value = match branch {
                Branch::Empty => nodes.len(),
                Branch::Node(at) => *at,
                Branch::Data(offset) => nodes.len() + 16 + offset,
            };
            file.extend_from_slice(&value.to_be_bytes()[5..]);
        }
    }
    file.extend_from_slice(&[0; 16]);
    file.extend_from_slice(&data);
    file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    metadata(&mut file, nodes.len());
    file
}

fn insert(nodes: &mut Vec<[Branch; 2]>, bits: u128, length: usize, leaf: Branch) {
    let mut at = 0;
    for depth in 0..length {
        let side = usize::from((bits >> (127 - depth)) & 1 == 1);
        if depth + 1 == length {
            nodes[at][side] = leaf;
        } else if let Branch::Node(next) = nodes[at][side] {
            at = next;
        } else {
            nodes[at][side] = Branch::Node(nodes.len());
            at = nodes.len();
            nodes.push([Branch::Empty; 2]);
        }
    }
}

fn entry(out: &mut Vec<u8>, number: i64, name: &str) {
    control(out, 7, if name.is_empty() { 1 } else { 2 });
    text(out, "autonomous_system_number");
    unsigned(out, 6, number.unsigned_abs());
    if !name.is_empty() {
        text(out, "autonomous_system_organization");
        text(out, name);
    }
}

fn metadata(out: &mut Vec<u8>, nodes: usize) {
    control(out, 7, 9);
    text(out, "binary_format_major_version");
    unsigned(out, 5, 2);
    text(out, "binary_format_minor_version");
    unsigned(out, 5, 0);
    text(out, "build_epoch");
    unsigned(out, 9, 1_779_148_800);
    text(out, "database_type");
    text(out, "Weir-Test-ASN");
    text(out, "description");
    control(out, 7, 1);
    text(out, "en");
    text(out, "Invented autonomous systems on documentation networks");
    text(out, "ip_version");
    unsigned(out, 5, 6);
    text(out, "languages");
    control(out, 11, 1);
    text(out, "en");
    text(out, "node_count");
    unsigned(out, 6, nodes as u64);
    text(out, "record_size");
    unsigned(out, 5, 24);
}

/// The control byte of a type (2 text, 5 u16, 6 u32, 7 map, 9 u64, 11 list) and its size.
fn control(out: &mut Vec<u8>, kind: u8, size: usize) {
    let kind_bits = if kind > 7 { 0 } else { kind << 5 };
    // Sizes of 29 to 284 take one further byte.
    let (first, rest) = if size < 29 {
        (size, None)
    } else {
        (29, Some(size - 29))
    };
    out.push(kind_bits | u8::try_from(first).unwrap_or(0));
    if kind > 7 {
        out.push(kind - 7);
    }
    if let Some(rest) = rest {
        out.push(u8::try_from(rest).unwrap_or(u8::MAX));
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    control(out, 2, value.len());
    out.extend_from_slice(value.as_bytes());
}

fn unsigned(out: &mut Vec<u8>, kind: u8, value: u64) {
    let bytes = value.to_be_bytes();
    let start = bytes.iter().take_while(|b| **b == 0).count();
    control(out, kind, bytes.len() - start);
    out.extend_from_slice(&bytes[start..]);
}
