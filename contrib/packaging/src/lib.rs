//! Makes the package of a release from what was built: the folder that `make install` takes, its
//! archive, checksums, a bill of materials, and the component as an OCI artifact.
//!
//! Equal inputs, commit and target give equal bytes: names are sorted, times are the
//! commit's, and owners are nobody's.

pub mod archive;
pub mod crates;
pub mod layout;
pub mod oci;
pub mod runtime;
pub mod sbom;
pub mod source;
pub mod sums;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

pub use source::Source;

/// Whatever went wrong, in a sentence that names the file or the command.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What was built, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The repository.
    pub root: &'a Path,
    /// Target triple of the command.
    pub target: &'a str,
    /// The command, for that target.
    pub weir: &'a Path,
    /// The detection as a component.
    pub component: &'a Path,
    /// The detection as Fluent Bit's module.
    pub module: &'a Path,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Package {
    /// The folder that `make install` takes.
    pub folder: PathBuf,
    /// The folder as one archive.
    pub archive: PathBuf,
    /// The bill of materials.
    pub sbom: PathBuf,
    /// The component as an OCI image layout.
    pub oci: PathBuf,
}

/// Writes everything into a folder. What an earlier call left there of the same version and target
/// is replaced; packages for other targets stand beside it, in the same list of checksums.
///
/// # Errors
/// When a file cannot be read or written, or cargo fails; what is there then is not whole.
pub fn write(inputs: &Inputs, source: &Source, out: &Path) -> Result<Package> {
    let name = format!("weir-{}-{}", source.version, inputs.target);
    let package = Package {
        folder: out.join(&name),
        archive: out.join(format!("{name}.tar.gz")),
        sbom: out.join(format!("{name}.cdx.json")),
        oci: out.join(format!("{}-{}.oci", oci::NAME, source.version)),
    };
    for folder in [&package.folder, &package.oci] {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(named(folder))?;
        }
        fs::create_dir_all(folder).map_err(named(folder))?;
    }
    layout::fill(inputs, &package.folder)?;
    let bom = sbom::write(inputs, source)?;
    put(&package.sbom, &bom)?;
    put(&package.folder.join("share/doc/weir/weir.cdx.json"), &bom)?;
    sums::write(&package.folder, &sums::below(&package.folder)?)?;
    archive::write(&package.folder, source.time, &package.archive)?;
    let component = fs::read(inputs.component).map_err(named(inputs.component))?;
    oci::write(&component, source, &package.oci)?;
    sums::write(out, &released(out)?)?;
    Ok(package)
}

/// What is released of a folder: all of it but the list, and the packages' own folders, which have
/// lists of their own.
///
/// # Errors
/// When a folder cannot be read.
pub fn released(out: &Path) -> Result<Vec<PathBuf>> {
    let mut files = sums::below(out)?;
    files.retain(|file| {
        let name = file.strip_prefix(out).unwrap_or(file);
        let mut parents = name.ancestors().skip(1);
        name != Path::new(sums::NAME)
            && !parents.any(|parent| out.join(parent).join("bin/weir").is_file())
    });
    Ok(files)
}

/// Writes a file, and the folders that it is in.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(named(parent))?;
    }
    Ok(fs::write(path, bytes).map_err(named(path))?)
}

/// An error of a file with the file's name.
pub(crate) fn named(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}
