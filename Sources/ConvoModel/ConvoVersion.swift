// One file, which scripts/version reads.

/// The version of Convo: what `--version` of the programs, the `User-Agent`, the packages and the man pages say.
///
/// This is its one place: `scripts/version` reads it from this file, and fails where CHANGELOG.md has no section for it.
package enum ConvoVersion {
    /// A version as semver.org has it.
    package static let current = "0.1.0"
}
