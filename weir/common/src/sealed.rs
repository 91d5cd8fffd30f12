//! Sections of bytes with a magic number, a version and a digest: the format of a checkpoint's file.

use sha2::{Digest, Sha256};

const MAGIC: &[u8] = b"WEIRCKPT";
/// Version of the format that this host writes and reads.
const VERSION: u16 = 2;
const DIGEST: usize = 32;

/// Sections with magic, version and digest around them.
pub fn seal(sections: &[&[u8]]) -> Vec<u8> {
    let length: usize = sections.iter().map(|section| section.len() + 8).sum();
    let mut bytes = Vec::with_capacity(length + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    for section in sections {
        bytes.extend_from_slice(&(section.len() as u64).to_le_bytes());
        bytes.extend_from_slice(section);
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

/// The version of a checkpoint that is whole, and of another one.
pub fn other_version(bytes: &[u8]) -> Option<u16> {
    let (version, _) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
    let version = u16::from_le_bytes(*version);
    let (body, digest) = bytes.split_last_chunk::<DIGEST>()?;
    (version != VERSION && Sha256::digest(body).as_slice() == digest).then_some(version)
}

/// The sections between magic, version and digest; else why it is not whole.
pub fn unseal(bytes: &[u8]) -> Result<&[u8], String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is no checkpoint")?;
    let (version, _) = rest.split_first_chunk().ok_or("it is cut short")?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(format!(
            "it is of format {version}, and this weir reads {VERSION}"
        ));
    }
    let (body, digest) = bytes
        .split_last_chunk::<DIGEST>()
        .ok_or("it is cut short")?;
    if Sha256::digest(body).as_slice() != digest {
        return Err("its checksum is wrong".to_owned());
    }
    Ok(body.get(MAGIC.len() + 2..).unwrap_or_default())
}

/// The next section.
pub fn section<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let (length, after) = rest.split_first_chunk().ok_or("a section is missing")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    let (section, after) = length
        .and_then(|length| after.split_at_checked(length))
        .ok_or("a section is cut short")?;
    *rest = after;
    Ok(section)
}
