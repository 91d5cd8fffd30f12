//! The manifest of a package that leaves its workspace.

/// The manifest without its tests and lints, and with the workspace's own values of what it takes
/// from there.
///
/// # Errors
/// A key that the workspace does not have.
pub(crate) fn alone(manifest: &str, workspace: &str) -> Result<String, String> {
    let package = workspace.split("[workspace.package]\n").nth(1);
    let package = package.and_then(|rest| rest.split("\n[").next());
    let shared = |key: &str| {
        let mut lines = package.unwrap_or_default().lines();
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        value.ok_or_else(|| format!("the workspace has no `{key}` for its packages"))
    };
    let mut alone = String::new();
    let mut kept = true;
    for line in manifest.lines() {
        if line.starts_with('[') {
            kept = !matches!(line, "[dev-dependencies]" | "[lints]");
        }
        if !kept {
            continue;
        }
        match line.strip_suffix(".workspace = true") {
            Some(key) => alone += &format!("{key} = {}\n", shared(key)?),
            None => alone += &format!("{line}\n"),
        }
    }
    Ok(alone)
}
